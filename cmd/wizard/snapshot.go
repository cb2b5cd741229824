package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
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
	if info, failed := os.Stat(file); err != nil && failed == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory; name one snapshot (only wizard check takes a directory)", file)
	}
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("%s: the file is empty", file)
	}
	if isCompressed(data) {
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

// legendName is the default name of a legend.
const legendName = "wizard-legend.json"

// snapshotFlags are the flags of the command.
type snapshotFlags struct {
	out, legend string
	vpcs        []string
	mask        bool
}

func newSnapshot(g *globals) *cobra.Command {
	var f snapshotFlags
	var iamPolicy bool
	cmd := &cobra.Command{
		Use: "snapshot --out FILE", Short: "Write what the account holds to a file, for somebody without access to it", Args: noArgs,
		Long: "Writes what the wizard reads from the account to a file: VPCs and their networks, endpoint services, ECS clusters, services and their task definitions, container instances, AWS Batch, Amazon MWAA, execution roles, quotas, and which secrets, keys and task roles exist. It only reads the account, and never the values of secrets and of environment variables.\n\n" +
			"A colleague who gets the file can plan, export and use the interactive wizard with --snapshot FILE, without credentials.\n\n" +
			"--mask replaces names and account IDs with stand-ins. The legend translates them back: keep it, and complete what you get back with wizard unmask. With the same legend, later snapshots have the same stand-ins, so that they can be compared.",
		Example:     "wizard snapshot --out account.json.gz\nwizard snapshot --mask --out account.json\nwizard --snapshot account.json",
		Annotations: takes("profile", "region", "sandbox", "speed", "debug", "audit"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if iamPolicy && (f.out != "" || f.mask || f.legend != "" || len(f.vpcs) > 0) {
				return usage(errors.New("--iam-policy prints only the policy; remove the other flags"))
			}
			if iamPolicy {
				_, err := io.WriteString(g.Out, snapshotPolicy())
				return err
			}
			return f.write(cmd.Context(), g)
		},
	}
	cmd.Flags().StringVar(&f.out, "out", "", "write to `FILE`, which must not exist; - is standard output, and a name that ends with .gz is compressed")
	completeFile(cmd, "out")
	cmd.Flags().StringArrayVar(&f.vpcs, "vpc", nil, "include the network of the VPC with this `ID` (repeatable). Default: all VPCs, or those that workloads use if the account has more than 20")
	cmd.Flags().BoolVar(&f.mask, "mask", false, "replace account IDs and names with stand-ins")
	cmd.Flags().StringVar(&f.legend, "legend", "", "with --mask: use the legend in `FILE`, or create it. Default: "+legendName+" beside the snapshot")
	completeFile(cmd, "legend")
	cmd.Flags().BoolVar(&iamPolicy, "iam-policy", false, "print the IAM policy that a snapshot needs, and read nothing")
	cmd.AddCommand(newSnapshotDiff(g))
	return cmd
}

// write takes a snapshot and writes it.
func (f *snapshotFlags) write(ctx context.Context, g *globals) error {
	switch {
	case f.out == "":
		return usage(errors.New("--out FILE is missing; - is standard output"))
	case f.legend != "" && !f.mask:
		return usage(errors.New("--legend is for --mask"))
	}
	if _, err := os.Lstat(f.out); err == nil && f.out != "-" {
		return usage(fmt.Errorf("--out %s: the file already exists; choose another name", f.out))
	}
	if _, err := os.Stat(filepath.Dir(f.out)); err != nil && f.out != "-" { // before the account is read
		return usage(fmt.Errorf("--out: %w", err))
	}
	if f.legend == "" {
		f.legend = legendName
		if f.out != "-" {
			f.legend = filepath.Join(filepath.Dir(f.out), legendName)
		}
	}
	var legend *inventory.Legend
	if f.mask {
		var err error
		if legend, err = readLegend(f.legend); err != nil {
			return usage(fmt.Errorf("--legend %s: %w", f.legend, err))
		}
	}
	inv, err := g.take(ctx, f.vpcs)
	if err != nil {
		return err
	}
	inv.Snapshot = &inventory.Origin{Taken: time.Now().UTC().Format(time.RFC3339), Program: thisBuild().Version}
	if f.mask {
		if inv, err = inv.Mask(legend); err != nil {
			return err
		}
		data, err := legend.Write()
		if err == nil {
			err = writeFile(f.legend, data, privateMode) // first, because without it nobody can complete what the snapshot leads to
		}
		if err != nil {
			return fmt.Errorf("cannot write the legend: %w", err)
		}
	}
	data, err := inv.Write()
	if err == nil && strings.HasSuffix(f.out, ".gz") {
		data, err = compressed(data)
	}
	if err != nil {
		return err
	}
	if f.out == "-" {
		_, err = g.Out.Write(data)
	} else {
		err = writeFile(f.out, data, privateMode)
	}
	if err != nil {
		return err
	}
	f.report(g, inv, len(data))
	return nil
}

// report says what a snapshot contains and what to do with it.
func (f *snapshotFlags) report(g *globals, inv *inventory.Inventory, size int) {
	name := f.out
	if name == "-" {
		name = "the snapshot to standard output"
	}
	fmt.Fprintf(g.Err, "Wrote %s (%d KB). It contains %s, %s, %s, %s, %s (values are never included).\n", name, (size+1023)/1024, words.Count(len(inv.VPCs), "VPC"), words.Count(len(inv.Networks), "network"), words.Count(len(inv.Clusters), "ECS cluster"), words.Count(len(inv.TaskDefinitions), "task definition"), words.Count(len(inv.Secrets), "secret"))
	for _, gap := range inv.Gaps {
		line(g.Err, "Not in it: the result of %s (%s).", gap.Call, gap.Code)
	}
	if f.mask {
		fmt.Fprintf(g.Err, "Names and account IDs are stand-ins. The legend %s translates them back. Keep it, and do not send it.\n", f.legend)
	} else {
		fmt.Fprintln(g.Err, "It contains names and account IDs; --mask replaces them.")
	}
	if f.out != "-" {
		fmt.Fprintf(g.Err, "Use it with --snapshot %s.\n", f.out)
	}
}

// maxLegend in bytes is far above the legend of any account.
const maxLegend = 64 << 20

// readLegend reads a legend, or returns a new one if the file does not exist.
func readLegend(file string) (*inventory.Legend, error) {
	data, err := readInput(file, nil, maxLegend)
	if errors.Is(err, os.ErrNotExist) {
		var key [32]byte
		_, _ = rand.Read(key[:]) // never fails
		return inventory.NewLegend(key), nil
	}
	if err != nil {
		return nil, err
	}
	return inventory.ReadLegend(data)
}

// isCompressed reports whether data is a gzip file, by its first bytes.
func isCompressed(data []byte) bool { return bytes.HasPrefix(data, []byte("\x1f\x8b")) }

// compressed returns data as a gzip file. It has no time in it: the same data gives the same bytes.
func compressed(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

// snapshotPolicy returns the IAM policy that allows everything that a snapshot reads.
func snapshotPolicy() string {
	reads := []string{"ec2:DescribeRegions"} // of a Region that this version does not know
	for _, part := range inventory.Parts() {
		reads = append(reads, inventory.Calls(part)...)
	}
	return plan.ReadPolicy(reads)
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
