package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

func newSandbox(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "sandbox COMMAND", Short: "List the scenarios of the sandbox, or serve one", Args: noArgs,
		DisableFlagsInUseLine: true,
		Long:                  "A sandbox is an AWS account inside this program, to try the wizard without cost and without risk. A scenario is what the account holds at the start.",
		RunE:                  func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "List the scenarios with Region, VPC and what they show", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, s := range sandbox.Scenarios() {
				fmt.Fprintf(g.Out, "%s\t%s\t%s\t%s\n", s.Name, s.Region, s.VPC, s.Shows)
			}
			return nil
		},
	}, newSandboxServe(g))
	return cmd
}

func newSandboxServe(g *globals) *cobra.Command {
	var addr, scenario string
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve a sandbox account over HTTP, for the AWS CLI and SDKs", Args: noArgs,
		Long:        "Serves a sandbox account over HTTP until it is interrupted, and prints its URL. Set AWS_ENDPOINT_URL to that URL, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to any text, to use it with the AWS CLI and SDKs.",
		Example:     "wizard sandbox serve --scenario half-done",
		Annotations: takes("sandbox", "speed"),
		RunE:        func(cmd *cobra.Command, _ []string) error { return g.serve(cmd.Context(), addr, scenario) },
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:0", "listen on this `ADDRESS`; port 0 selects a free port")
	cmd.Flags().StringVar(&scenario, "scenario", "", "serve this `SCENARIO`, as --sandbox=SCENARIO does")
	complete(cmd, "scenario", scenarios)
	return cmd
}

// serve answers until it is interrupted. The URL is the only line on standard
// output, written once requests are answered.
func (g *globals) serve(ctx context.Context, addr, scenario string) error {
	if scenario == "" {
		scenario = g.sandbox
	}
	acct, err := sandbox.New(sandbox.Options{Scenario: scenario, Speed: g.speed, Log: g.Err})
	if err != nil {
		return usage(err)
	}
	ctx, done := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer done()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return usage(fmt.Errorf("--addr: %w", err))
	}
	srv := &http.Server{Handler: acct, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	if _, err := fmt.Fprintf(g.Out, "http://%s\n", l.Addr()); err != nil {
		return err // nobody knows the address
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		err = srv.Shutdown(grace)
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}
