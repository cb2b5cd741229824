package tui

import (
	"os"
	"syscall"
)

// signalNames are the signals that stop an apply, except Ctrl-C.
var signalNames = map[os.Signal]string{syscall.SIGTERM: "SIGTERM", syscall.SIGHUP: "SIGHUP", syscall.SIGPIPE: "SIGPIPE"}

const finishes = "No new call starts. The calls in flight finish first. "

// Stopping returns the text for the first signal during an apply.
func Stopping(s os.Signal) string {
	if name := signalNames[s]; name != "" {
		return name + ": stopping. " + finishes + "A second signal ends the wizard immediately."
	}
	return "Stopping. " + finishes + "Press Ctrl-C again to quit immediately."
}

// Ending returns the text for the second signal.
func Ending(s os.Signal) string {
	if name := signalNames[s]; name != "" {
		return name + ": leaving without waiting for the calls in flight."
	}
	return "Leaving without waiting for the calls in flight."
}

// Ended returns the text after a signal ended the program.
func Ended(s os.Signal) string { return "The wizard was ended by " + signalNames[s] + "." }
