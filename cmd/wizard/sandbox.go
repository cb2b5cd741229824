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
	cmd := &cobra.Command{Use: "sandbox", Short: "The practice account: list its scenarios, or serve one", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newSandboxServe(g), &cobra.Command{
		Use: "list", Short: "List the scenarios: name, Region, VPC, what it shows", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, s := range sandbox.Scenarios() {
				fmt.Fprintf(g.Out, "%s\t%s\t%s\t%s\n", s.Name, s.Region, s.VPC, s.Shows)
			}
			return nil
		},
	})
	return cmd
}

func newSandboxServe(g *globals) *cobra.Command {
	var addr, scenario string
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve a practice account over HTTP, for the AWS CLI and SDKs (AWS_ENDPOINT_URL)", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.serve(cmd.Context(), addr, scenario) },
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:0", "address to listen at; port 0 takes a free one")
	cmd.Flags().StringVar(&scenario, "scenario", "", "scenario, as listed by 'wizard sandbox list'")
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
	fmt.Fprintf(g.Out, "http://%s\n", l.Addr())
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
