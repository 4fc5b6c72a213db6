// asker LABEL DIR NAME: what DIR/NAME answers to Go's own calls, asked by eight goroutines at once, whose answers must be one.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	for {
		wrapped, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err.Error()
		}
		err = wrapped.Unwrap()
	}
}

func answers(label, dir, name string) string {
	path := dir + "/" + name
	var lines strings.Builder
	say := func(probe string, what ...interface{}) {
		fmt.Fprintf(&lines, "%s: %s: %s", label, probe, fmt.Sprintln(what...))
	}
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if err == nil {
		var at syscall.Stat_t
		err = syscall.Fstat(fd, &at)
		say("fstat", outcome(err), at.Mode)
		syscall.Close(fd)
	}
	say("open", outcome(err))
	info, err := os.Stat(path)
	say("stat", outcome(err), err == nil && info.Mode() != 0)
	info, err = os.Lstat(path)
	say("lstat", outcome(err), err == nil && info.Mode()&os.ModeSymlink != 0)
	for _, mode := range []uint32{0, 1, 2, 4} {
		say("access", outcome(syscall.Access(path, mode)))
	}
	_, err = os.Readlink(path)
	say("readlink", outcome(err))
	entries, err := os.ReadDir(dir)
	seen := 0
	for _, entry := range entries {
		if entry.Name() == name {
			seen++
		}
	}
	say("list", outcome(err), seen)
	say("exec", outcome(exec.Command(path).Start()))
	err = os.Chdir(dir)
	_, again := os.Stat(name)
	say("from the folder", outcome(err), outcome(again))
	return lines.String()
}

func main() {
	runtime.GOMAXPROCS(4)
	const askers = 8
	all := make(chan string, askers)
	for i := 0; i < askers; i++ {
		go func() { all <- answers(os.Args[1], os.Args[2], os.Args[3]) }()
	}
	first := <-all
	for i := 1; i < askers; i++ {
		if <-all != first {
			fmt.Printf("%s: two goroutines were told different things\n", os.Args[1])
		}
	}
	fmt.Print(first)
}
