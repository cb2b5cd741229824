package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

func newSandboxServe(g *globals) *cobra.Command {
	var s serving
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve a sandbox account over HTTP, for the AWS CLI and SDKs", Args: noArgs,
		Long: "Serves a sandbox account over HTTP until it is interrupted. It prints its URL on standard output, and on standard error the variables to set, to use it with the AWS CLI and SDKs, and a line for each call.\n\n" +
			"Only programs on this machine can reach it. Web pages of other origins are refused.",
		Example:     "wizard sandbox serve --scenario half-done",
		Annotations: takes("sandbox", "speed"),
		RunE:        func(cmd *cobra.Command, _ []string) error { return g.serve(cmd.Context(), s) },
	}
	cmd.Flags().StringVar(&s.addr, "addr", "127.0.0.1:0", "listen on this `ADDRESS`; port 0 selects a free port")
	cmd.Flags().BoolVar(&s.public, "unsafe-public", false, "accept an --addr that other machines can reach; they can then read and change the sandbox account")
	cmd.Flags().StringVar(&s.scenario, "scenario", "", "serve this `SCENARIO`, as --sandbox=SCENARIO does")
	complete(cmd, "scenario", scenarios)
	return cmd
}

// serving are the flags of sandbox serve.
type serving struct {
	addr, scenario string
	public         bool
}

// grace is how long requests may still take after an interrupt. The sandbox answers in milliseconds.
const grace = time.Second

// serve answers until it is interrupted. The URL is the only line on standard
// output, written once requests are answered.
func (g *globals) serve(ctx context.Context, s serving) error {
	if s.scenario == "" {
		s.scenario = g.sandbox
	}
	acct, err := sandbox.New(sandbox.Options{Scenario: s.scenario, Speed: g.speed, Log: g.Err})
	if err != nil {
		return usage(err)
	}
	addr, err := s.address()
	if err != nil {
		return usage(err)
	}
	ctx, done := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer done()
	l, err := net.ListenTCP("tcp", addr)
	if err != nil {
		return usage(fmt.Errorf("--addr: %w", err))
	}
	srv := acct.Server(!addr.IP.IsLoopback(), s.addr)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	base := baseURL(l.Addr().(*net.TCPAddr))
	if _, err := fmt.Fprintln(g.Out, base); err != nil {
		return err // nobody knows the address
	}
	fmt.Fprint(g.Err, settings(runtime.GOOS, base, acct.Region()))
	if !addr.IP.IsLoopback() {
		fmt.Fprintln(g.Err, "Other machines can reach this address, and can read and change the sandbox account.")
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if err = srv.Shutdown(wait); errors.Is(err, context.DeadlineExceeded) {
			err = srv.Close() // clients that hold their connection
		}
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// address resolves --addr. Other machines can reach every address except those of the loopback
// interface.
func (s serving) address() (*net.TCPAddr, error) {
	addr, err := net.ResolveTCPAddr("tcp", s.addr)
	if err != nil {
		return nil, fmt.Errorf("--addr: %w; must be HOST:PORT, such as 127.0.0.1:0", err)
	}
	if !addr.IP.IsLoopback() && !s.public {
		return nil, fmt.Errorf("--addr %s: other machines can reach this address, and the sandbox has no access control: they could read and change the sandbox account. Use an address such as 127.0.0.1:%d, or add --unsafe-public", s.addr, addr.Port)
	}
	return addr, nil
}

// baseURL returns the URL of a server. The URL of one that listens on all addresses is that of
// this machine.
func baseURL(addr *net.TCPAddr) string {
	host := addr.String()
	if addr.IP.IsUnspecified() {
		host = fmt.Sprintf("127.0.0.1:%d", addr.Port)
	}
	return (&url.URL{Scheme: "http", Host: host}).String()
}

// settings returns the lines that a user runs in a shell to use the sandbox: in PowerShell on Windows, in bash and similar shells
// elsewhere.
func settings(system, base, region string) string {
	set := func(name, value string) string { return "export " + name + "=" + value + "\n" }
	if system == "windows" {
		set = func(name, value string) string { return "$env:" + name + " = '" + value + "'\n" }
	}
	var b strings.Builder
	b.WriteString("To use it with the AWS CLI and SDKs, run these lines in another terminal:\n")
	for _, v := range [][2]string{
		{"AWS_ENDPOINT_URL", base}, {"AWS_ACCESS_KEY_ID", "any"}, {"AWS_SECRET_ACCESS_KEY", "any"}, {"AWS_REGION", region}, {"AWS_DEFAULT_REGION", region},
		{"AWS_DISABLE_HOST_PREFIX_INJECTION", "true"}, // the AWS CLI would add api. to the host for Amazon MWAA
	} {
		b.WriteString(set(v[0], v[1]))
	}
	b.WriteString("AWS CLIs before 2.13 ignore AWS_ENDPOINT_URL and call AWS: add --endpoint-url " + base + " to their commands. Press Ctrl-C to end.\n")
	return b.String()
}
