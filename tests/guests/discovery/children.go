// The children of the server, and what they say.
package main

import (
	"bufio"
	"context"
	"math/rand"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

var line = regexp.MustCompile(`^Device (\d+): (.*), compute capability (\d+\.\d), VRAM: (\d+) MiB, (GPU-[0-9a-f-]{36}), driver (\d+\.\d), (\d+) MiB free$`)

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
