// Command wizard finds out what a workload needs in its private network and shows what exists and
// what is missing. It applies the plan or exports it as a script, and verifies the result.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// Otherwise a write to a closed pipe ends the program without a message.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	// net/http logs what a server sends unexpectedly. That would disturb the screen.
	log.SetOutput(io.Discard)
	os.Exit(Main(context.Background(), streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Args[1:]))
}

// streams are the inputs and outputs of a command: data goes to Out, everything else to Err.
type streams struct {
	In       io.Reader
	Out, Err io.Writer
}
