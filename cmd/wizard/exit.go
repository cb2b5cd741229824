package main

import (
	"context"
	"errors"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
)

// Exit codes, as contracted.
const (
	exitOK          = 0
	exitAWS         = 1   // AWS could not be asked or refused; partly applied; proof failed
	exitUsage       = 2   // the command line or the answers file is wrong
	exitFindings    = 3   // a block or an unaccepted error stands
	exitInterrupted = 130 // interrupted, end of input, or left before the end
)

// exitMeanings says what each exit code means, for the manual page.
var exitMeanings = []struct {
	code  int
	means string
}{
	{exitOK, "Done."},
	{exitAWS, "AWS could not be reached or refused a change, the plan was partly applied, or verification failed."},
	{exitUsage, "The command line or the answers file is wrong, or references what does not exist."},
	{exitFindings, "A finding of severity block, or an error that was not accepted with --accept."},
	{exitInterrupted, "Interrupted, end of input, or left before the last step."},
}

// coded is an error that knows its exit code. A silent one was told already.
type coded struct {
	code   int
	silent bool
	err    error
}

func (e *coded) Error() string { return e.err.Error() }
func (e *coded) Unwrap() error { return e.err }

func usage(err error) error { return &coded{code: exitUsage, err: err} }

// told ends a command with a code after it has said why.
func told(code int) error { return &coded{code: code, silent: true, err: errors.New("see above")} }

// exitCode is the one place where an error becomes an exit code.
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
