// Command wizard finds out what a workload needs inside its private network, shows
// what is there and what is missing, makes it or writes a script that does, and
// proves that it works.
package main

import (
	"context"
	"io"
	"os"
)

func main() {
	os.Exit(Main(context.Background(), streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Args[1:]))
}

// streams are what a command reads and writes: data to Out, everything else to Err.
type streams struct {
	In       io.Reader
	Out, Err io.Writer
}
