package main

import (
	"context"
	"errors"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
)

// The documented exit codes.
const (
	exitOK          = 0
	exitAWS         = 1   // AWS not reachable or call rejected; partly applied; verification failed; output not written; some snapshots not read
	exitUsage       = 2   // the command line or the answers file is wrong
	exitFindings    = 3   // a block or an unaccepted error remains
	exitChanges     = 4   // the account differs from the answers
	exitInterrupted = 130 // interrupted, end of input, or left before the end
)

// exitMeanings describes each exit code for the manual page.
var exitMeanings = []struct {
	code  int
	means string
}{
	{exitOK, "Done."},
	{exitAWS, "AWS could not be reached or refused a change, the plan was partly applied, verification failed, the output could not be written, or check could not read some snapshots of a directory."},
	{exitUsage, "The command line or the answers file is wrong, or references what does not exist."},
	{exitFindings, "A finding of severity block, or an error that was not accepted with --accept."},
	{exitChanges, "check: the plan would create or modify something."},
	{exitInterrupted, "Interrupted, end of input, or left before the last step."},
}

// coded is an error with an exit code. A silent one was already reported.
type coded struct {
	code   int
	silent bool
	err    error
}

func (e *coded) Error() string { return e.err.Error() }
func (e *coded) Unwrap() error { return e.err }

func usage(err error) error { return &coded{code: exitUsage, err: err} }

// silentExit ends a command with an exit code after it has printed the reason.
func silentExit(code int) error {
	return &coded{code: code, silent: true, err: errors.New("see above")}
}

// exitCode is the only place that converts an error to an exit code.
func exitCode(err error) int {
	var c *coded
	var call *aws.Error
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &c):
		return c.code
	case aws.IsUnknownRegion(err):
		return exitUsage
	case errors.As(err, &call) && (call.Code == aws.CodeNoRegion || call.Code == aws.CodeNoProfile):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitAWS
}
