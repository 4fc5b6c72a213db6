// What an LLM server does before it uses a GPU, by a static Go program:
//
//	discovery RUNNER FOLDER BACKEND...
//
// Children by raw clone, with LD_LIBRARY_PATH replaced by FOLDER and its subfolder; each is killed when it has said
// enough, some in the middle of starting the driver; the device that was found is then asked for by its UUID.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

var line = regexp.MustCompile(`^Device (\d+): (.*), compute capability (\d+\.\d), VRAM: (\d+) MiB, (GPU-[0-9a-f-]{36}), driver (\d+\.\d), (\d+) MiB free$`)

func check(ok bool, format string, values ...any) {
	if !ok {
		fmt.Printf("FAIL: "+format+"\n", values...)
		os.Exit(1)
	}
}

// environment is the caller's, but with the library path replaced and more added.
func environment(folder string, more ...string) []string {
	kept := []string{}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "LD_LIBRARY_PATH=") && !strings.HasPrefix(entry, "CUDA_VISIBLE_DEVICES=") {
			kept = append(kept, entry)
		}
	}
	return append(append(kept, "LD_LIBRARY_PATH="+folder+":"+folder+"/cuda_v13"), more...)
}

// probe starts a child that would live for ever, reads the lines of `count` devices, and kills it.
func probe(runner, folder, backend string, count int, more ...string) [][]string {
	child := exec.Command(runner, "probe", backend)
	child.Env = environment(folder, more...)
	out, err := child.StdoutPipe()
	check(err == nil, "pipe: %v", err)
	check(child.Start() == nil, "the runner does not start")
	scanner := bufio.NewScanner(out)
	devices := [][]string{}
	for len(devices) < count && scanner.Scan() {
		found := line.FindStringSubmatch(scanner.Text())
		check(found != nil, "not a device line: %q", scanner.Text())
		devices = append(devices, found)
	}
	child.Process.Kill()
	child.Wait()
	check(len(devices) == count, "%d devices, not %d", len(devices), count)
	return devices
}

// killed starts children and kills each at a moment of its start that nobody chose.
func killed(runner, folder, backend string, count int) {
	for i := 0; i < count; i++ {
		child := exec.Command(runner, "probe", backend)
		child.Env = environment(folder)
		check(child.Start() == nil, "the runner does not start")
		time.Sleep(time.Duration(rand.Intn(30000)) * time.Microsecond)
		child.Process.Kill()
		child.Wait()
	}
}

// refreshed asks for the free memory of one device by a short-lived child, in the time that a server gives it.
func refreshed(runner, folder, backend, uuid string) string {
	limit, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	child := exec.CommandContext(limit, runner, "list", backend)
	child.Env = environment(folder, "CUDA_VISIBLE_DEVICES="+uuid)
	out, err := child.Output()
	check(err == nil, "refresh: %v", err)
	found := line.FindStringSubmatch(strings.TrimSpace(string(out)))
	check(found != nil, "refresh said %q", out)
	return found[7]
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
