// A static Go program: no libc, system calls of its own. It looks at the device nodes, then starts the
// program named by its arguments with an empty environment and ends as that one does.
package main

import (
	"fmt"
	"os"
	"syscall"
)

func main() {
	var at syscall.Stat_t
	for _, path := range []string{"/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"} {
		if err := syscall.Stat(path, &at); err != nil {
			fmt.Printf("%s: %v\n", path, err)
			continue
		}
		fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
		fmt.Printf("%s: character device %v, open %v\n", path, at.Mode&syscall.S_IFMT == syscall.S_IFCHR, err)
		syscall.Close(fd)
	}
	entries, err := os.ReadDir("/proc/driver/nvidia/gpus")
	fmt.Printf("gpus: %d, %v\n", len(entries), err)

	pid, err := syscall.ForkExec(os.Args[1], os.Args[1:], &syscall.ProcAttr{Env: []string{}, Files: []uintptr{0, 1, 2}})
	if err != nil {
		fmt.Println(err)
		os.Exit(127)
	}
	var status syscall.WaitStatus
	syscall.Wait4(pid, &status, 0, nil)
	os.Exit(status.ExitStatus())
}
