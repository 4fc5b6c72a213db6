// What an LLM server does before it uses a GPU, by a static Go program:
//
//	discovery RUNNER FOLDER BACKEND...
//
// Children by raw clone, with LD_LIBRARY_PATH replaced by FOLDER and its subfolder; each is killed when it has said
// enough, some in the middle of starting the driver; the device that was found is then asked for by its UUID.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func check(ok bool, format string, values ...any) {
	if !ok {
		fmt.Printf("FAIL: "+format+"\n", values...)
		os.Exit(1)
	}
}

func versions(runner, folder, wanted string) {
	child := exec.Command(runner, "versions")
	child.Env = environment(folder)
	out, err := child.Output()
	check(err == nil, "versions: %v", err)
	var cuda, byNvml int
	var driver string
	fmt.Sscan(string(out), &cuda, &byNvml, &driver)
	check(cuda == byNvml && fmt.Sprintf("%d.%d", cuda/1000, cuda%1000/10) == wanted, "CUDA %d, by NVML %d, not %s", cuda, byNvml, wanted)
	proc, err := os.ReadFile("/proc/driver/nvidia/version")
	check(err == nil && driver != "" && bytes.Contains(proc, []byte(" "+driver+" ")), "driver %s, /proc says %s", driver, proc)
}

func main() {
	self, err := os.Readlink("/proc/self/exe")
	check(err == nil && strings.HasSuffix(self, "/discovery"), "/proc/self/exe is %s", self)
	runner, folder := os.Args[1], os.Args[2]
	gpus, err := os.ReadDir("/proc/driver/nvidia/gpus")
	check(err == nil && len(gpus) > 0, "no GPUs in /proc: %v", err)
	for _, backend := range os.Args[3:] {
		found := probe(runner, folder, backend, len(gpus))
		killed(runner, folder, backend, 12)
		for _, device := range found {
			again := probe(runner, folder, backend, 1, "CUDA_VISIBLE_DEVICES="+device[5], "GGML_CUDA_INIT=1")[0]
			check(again[1] == "0" && strings.Join(again[2:], " ") == strings.Join(device[2:], " "), "%v by its UUID is %v", device, again)
			check(refreshed(runner, folder, backend, device[5]) == device[7], "free memory has changed")
			versions(runner, folder, device[6])
			fmt.Printf("library=CUDA compute=%s name=CUDA%s description=%q driver=%s total=%s MiB\n", device[3], device[1], device[2], device[6], device[4])
		}
	}
}
