package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// snapshot is an account that was saved to a file.
type snapshot struct {
	inv  *inventory.Inventory
	file string
}

// Load implements account. Without the network of a VPC no plan is possible.
func (s snapshot) Load(_ context.Context, r inventory.Request) (inventory.Inventory, error) {
	if r.Part == inventory.PartNetwork {
		if err := s.inv.CheckNetwork(r.VPC); err != nil {
			return inventory.Inventory{}, usage(fmt.Errorf("--snapshot %s: %w", s.file, err))
		}
	}
	return s.inv.Fragment(r), nil
}

// Region implements account.
func (s snapshot) Region() string { return s.inv.Region }

// maxSnapshot in bytes is far above the snapshot of any account.
const maxSnapshot = 256 << 20

// openSnapshot reads the file of --snapshot.
func (g *globals) openSnapshot(region string) (account, error) {
	inv, err := g.readSnapshot(g.snapshot)
	if err != nil {
		return nil, usage(fmt.Errorf("--snapshot: %w", err))
	}
	if region != "" && region != inv.Region {
		return nil, usage(fmt.Errorf("--snapshot %s is of Region %s, not %s", g.snapshot, inv.Region, region))
	}
	return snapshot{inv, g.snapshot}, nil
}

// readSnapshot reads the snapshot in a file, which can be compressed with gzip; "-" is standard input. Its errors name the file.
func (g *globals) readSnapshot(file string) (*inventory.Inventory, error) {
	data, err := readInput(file, g.In, maxSnapshot)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte("\x1f\x8b")) { // the start of each gzip file
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err == nil {
			data, err = io.ReadAll(io.LimitReader(z, maxSnapshot+1))
		}
		if err == nil && len(data) > maxSnapshot {
			err = fmt.Errorf("its content is larger than the limit of %d MB", maxSnapshot>>20)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: cannot decompress it: %w", file, err)
		}
	}
	inv, err := inventory.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return inv, nil
}

// allNetworks is the limit of VPCs: a snapshot of more contains only networks in use by default.
const allNetworks = 20

func newSnapshot(g *globals) *cobra.Command {
	var out string
	var vpcs []string
	var mask bool
	cmd := &cobra.Command{
		Use: "snapshot --out FILE", Short: "Write what the account holds to a file, for somebody without access to it", Args: noArgs,
		Long: "Writes what the wizard reads from the account to a file: VPCs and their networks, endpoint services, ECS clusters, services and their task definitions, container instances, AWS Batch, Amazon MWAA, execution roles, quotas, and which secrets, keys and task roles exist. It only reads the account, and never the values of secrets and of environment variables.\n\n" +
			"A colleague who gets the file can plan, export and use the interactive wizard with --snapshot FILE, without credentials.",
		Example:     "wizard snapshot --out account.json\nwizard --snapshot account.json",
		Annotations: takes("profile", "region", "sandbox", "speed", "debug", "audit"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return usage(errors.New("--out FILE is missing"))
			}
			inv, err := g.take(cmd.Context(), vpcs)
			if err != nil {
				return err
			}
			if mask {
				if inv, err = inv.Mask(); err != nil {
					return err
				}
			}
			data, err := inv.Write()
			if err != nil {
				return err
			}
			if _, err := os.Lstat(out); err == nil {
				return usage(fmt.Errorf("--out %s: the file already exists; choose another name", out))
			}
			if err := writeFile(out, data, privateMode); err != nil {
				return err
			}
			fmt.Fprintf(g.Err, "Wrote %s. It contains %s, %s, %s, %s, %s (values are never included).\n", out, words.Count(len(inv.VPCs), "VPC"), words.Count(len(inv.Networks), "network"), words.Count(len(inv.Clusters), "ECS cluster"), words.Count(len(inv.TaskDefinitions), "task definition"), words.Count(len(inv.Secrets), "secret"))
			for _, gap := range inv.Gaps {
				line(g.Err, "Not in it: the result of %s (%s).", gap.Call, gap.Code)
			}
			fmt.Fprintf(g.Err, "Use it with --snapshot %s.\n", out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write to `FILE`, which must not exist")
	completeFile(cmd, "out")
	cmd.Flags().StringArrayVar(&vpcs, "vpc", nil, "include the network of the VPC with this `ID` (repeatable). Default: all VPCs, or those that workloads use if the account has more than 20")
	cmd.Flags().BoolVar(&mask, "mask", false, "replace account ids and names, each with the same text everywhere")
	return cmd
}

// take loads everything that a plan may need.
func (g *globals) take(ctx context.Context, vpcs []string) (*inventory.Inventory, error) {
	g.showWaiting()
	client, err := g.open(ctx, "")
	if err != nil {
		return nil, err
	}
	inv := &inventory.Inventory{Region: client.Region()}
	if err := load(ctx, client, inv, inv.Requests(nil)); err != nil {
		return nil, err
	}
	if len(vpcs) == 0 {
		vpcs = worthLooking(inv)
	}
	err = load(ctx, client, inv, steps.Missing(inv, inv.Requests(vpcs)))
	var e *aws.Error
	if errors.As(err, &e) && e.NotFound() {
		return nil, usage(fmt.Errorf("--vpc: %w", err))
	}
	return inv, err
}

// worthLooking returns the VPCs with networks to include if none are selected.
func worthLooking(inv *inventory.Inventory) []string {
	var all, used []string
	for _, v := range inv.VPCs {
		all = append(all, v.ID)
	}
	use := func(vpc string) {
		if vpc != "" && !slices.Contains(used, vpc) {
			used = append(used, vpc)
		}
	}
	for _, c := range inv.Clusters {
		for _, s := range c.Services {
			use(s.VPC)
		}
		for _, i := range c.ContainerInstances {
			use(i.VPC)
		}
	}
	for _, e := range inv.Batch.Environments {
		use(e.VPC)
	}
	for _, e := range inv.MWAA {
		use(e.VPC)
	}
	if len(all) <= allNetworks {
		return all
	}
	return used
}
