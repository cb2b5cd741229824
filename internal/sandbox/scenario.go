package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/privatelink-wizard/privatelink-wizard/assets"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/iam"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/kms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/secrets"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Scenario describes one of the sandbox accounts: what it holds, which kinds of workloads, and what a user can learn in it.
type Scenario struct{ Name, Region, VPC, Shows, Workload, Learn string }

// Scenarios lists the sandbox accounts, in order.
func Scenarios() []Scenario {
	var all []Scenario
	for _, s := range heads() {
		all = append(all, Scenario{s.name, s.Region, s.VPC, s.Shows, s.Workload, s.Learn})
	}
	return all
}

// scenario is a file of assets/scenarios: the initial content of an account, in the format of
// AWS's API. Each service has its part. Derived values are left out and added on load.
type scenario struct {
	Order    int
	Region   string
	VPC      string // that the scenario is about
	Shows    string
	Workload string
	Learn    string
	Like     string // name of another scenario that this one extends

	ec2Content
	acmContent
	elbContent
	content

	iam.Content
	KMS     kms.Content
	Secrets []*secrets.Content

	name   string
	source []byte           // as JSON, for a reset
	make   func() *scenario // instead of a source, for generated content
}

// content is what a scenario and a Region have in the same format.
type content struct {
	Batch         batchState
	ECS           ecsState
	HostedZones   []*dnsZone
	LogGroups     []*logGroup
	MWAA          []*airflowEnvironment
	Resolver      resolverState
	ServiceQuotas map[string]float64 // values that differ from AWS's defaults, by code

	DeniedBuckets     []string // names of buckets that flow logs cannot be written to
	BlockPublicAccess string   // mode of VPC Block Public Access: block-bidirectional or block-ingress; empty: off
}

// decodeYAML converts to JSON first, so that names can have AWS's spelling. It rejects unknown
// names.
func decodeYAML(source []byte, into any) error {
	b, err := yaml.YAMLToJSON(source)
	if err != nil {
		return err
	}
	return wire.DecodeStrict(b, into)
}

// scenarioNames lists the files. Starting one scenario does not read the others.
func scenarioNames() []string {
	files, err := fs.Glob(assets.Scenarios, "scenarios/*.yaml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), ".yaml")
	}
	return files
}

func readScenario(name string) *scenario {
	if name == largeName {
		return largeHead()
	}
	var source json.RawMessage
	mustLoad(name+".yaml", &source)
	s := &scenario{name: name, source: source}
	if err := wire.DecodeStrict(source, s); err != nil {
		panic(fmt.Errorf("embedded scenario %s: %w", name, err)) // tests load every file
	}
	if s.Like != "" {
		s.source = added(readScenario(s.Like).source, source)
	}
	return s
}

// parseScenario reads a scenario that is not one of the files.
func parseScenario(source []byte) (*scenario, error) {
	s := &scenario{}
	if err := decodeYAML(source, (*json.RawMessage)(&s.source)); err != nil {
		return nil, err
	}
	if err := wire.DecodeStrict(s.source, s); err != nil {
		return nil, err
	}
	s.name = "test"
	return s, nil
}

// Source returns a scenario as JSON, complete if it extends another one: a test can change it and open it with Options.Source. It is nil
// for a scenario with generated content.
func Source(name string) []byte {
	s, err := findScenario(name)
	if err != nil {
		return nil
	}
	return s.source
}

// added merges two lists of a scenario: an item of own replaces the item of base with the same
// identity, and other items are added at the end.
func added(base, own []byte) []byte {
	var into, from map[string]any
	if err := cmp.Or(json.Unmarshal(base, &into), json.Unmarshal(own, &from)); err != nil {
		panic(err) // both were read before
	}
	for key, v := range from {
		before, lists := into[key].([]any)
		if !lists {
			into[key] = v
			continue
		}
		for _, item := range v.([]any) {
			i := slices.IndexFunc(before, func(other any) bool { return identity(other) == identity(item) })
			if i < 0 {
				before, i = append(before, nil), len(before)
			}
			before[i] = item
		}
		into[key] = before
	}
	return wire.EncodeJSON(into)
}

// identity returns the member that identifies an item of a scenario, for kinds that a scenario
// can extend.
func identity(item any) string {
	m := item.(map[string]any)
	for _, key := range []string{"GroupId", "HostedZoneId", "CertificateArn", "Name"} {
		if id, ok := m[key].(string); ok {
			return id
		}
	}
	return ""
}

// readHead reads the first paragraph of a scenario: one key and one plain text per line. Every
// start reads it for all scenarios, and a YAML parser would be too slow.
func (s *scenario) readHead(text string) error {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "Order":
			n, err := strconv.Atoi(value)
			if err != nil {
				return err
			}
			s.Order = n
		case "Region":
			s.Region = value
		case "VPC":
			s.VPC = value
		case "Shows":
			s.Shows = value
		case "Workload":
			s.Workload = value
		case "Learn":
			s.Learn = value
		default:
			if key != "" && !strings.HasPrefix(key, "#") {
				return fmt.Errorf("its first paragraph contains the unknown key %q", key)
			}
		}
	}
	return nil
}

// heads are the scenarios without their content. Only the first paragraph of each file is read,
// because the first screen needs the list.
var heads = sync.OnceValue(func() []*scenario {
	var all []*scenario
	for _, name := range scenarioNames() {
		file, err := assets.Scenarios.ReadFile("scenarios/" + name + ".yaml")
		if err != nil {
			panic(err) // scenarioNames has found it
		}
		s := &scenario{name: name}
		head, _, _ := bytes.Cut(file, []byte("\n\n"))
		if err := s.readHead(string(head)); err != nil {
			panic(fmt.Errorf("embedded scenario %s: %w", name, err)) // tests read every file
		}
		all = append(all, s)
	}
	all = append(all, largeHead())
	slices.SortFunc(all, func(a, b *scenario) int { return cmp.Compare(a.Order, b.Order) })
	return all
})

// Find returns one of the sandbox accounts. The error lists all names.
func Find(name string) (Scenario, error) {
	var known []string
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, nil
		}
		known = append(known, s.Name)
	}
	return Scenario{}, fmt.Errorf("unknown scenario %q (supported: %s)", name, strings.Join(known, ", "))
}

func findScenario(name string) (*scenario, error) {
	s, err := Find(cmp.Or(name, "closed"))
	if err != nil {
		return nil, err
	}
	return readScenario(s.Name), nil
}

// fill creates the initial content of the account, a new copy each time.
func (s *scenario) fill(into *scenario) error {
	if s.make != nil {
		*into = *s.make()
		return nil
	}
	return wire.DecodeStrict(s.source, into)
}

// load adds the scenario to its Region.
func (a *Account) load() error {
	var s scenario
	if err := a.scenario.fill(&s); err != nil {
		return err
	}
	c := catalogOf(s.Region)
	if c == nil {
		return fmt.Errorf("scenario %s: AWS has no Region %s", a.scenario.name, s.Region)
	}
	r := newRegion(a, c, &s)
	a.regions[s.Region] = r
	if err := r.load(&s); err != nil {
		return fmt.Errorf("scenario %s: %s", a.scenario.name, err.Message)
	}
	return nil
}
