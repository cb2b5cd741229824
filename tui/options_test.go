package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// readAs reads a line as options, and returns their values or the error.
func readAs(opts []steps.Option, many bool, line string) ([]string, error) {
	n := numberedOf(pickerOf(opts, many, nil))
	read, err := n.read(line)
	if err != nil {
		return nil, err
	}
	values := []string{}
	for _, row := range read.rows {
		values = append(values, n.at(row).value)
	}
	return values, nil
}

func TestOptionsAreReadByNumberAndText(t *testing.T) {
	one := []steps.Option{
		{Value: "fargate", Label: "Amazon ECS on Fargate"},
		{Value: "ec2", Label: "Amazon ECS on EC2", Hint: "instances  of your own"},
		{Value: "prod", Label: "prod (vpc-0a1)", Hint: "10.0.0.0/16", Section: "VPCs"},
		{Value: "prod-old", Label: "prod-old (vpc-0a2)", Hint: "10.1.0.0/16", Section: "VPCs"},
		{Value: "off", Label: "Batch", Problem: "not here", Section: "VPCs"},
		{Label: "only said", Info: true, Section: "VPCs"},
		{Value: "two", Label: "2", Section: "VPCs"},
		{Value: "year", Label: "2023", Section: "VPCs"},
		{Value: "comma", Label: "Another key, by its alias, id or ARN", Section: "VPCs"},
		{Value: "b", Label: "b", Section: "VPCs"},
		{Value: "wide", Label: "東京 (vpc-0a3)", Section: "VPCs"},
	}
	for _, tt := range []struct {
		line, want string // one value, or a part of the error
	}{
		{"1", "fargate"}, {"6", "two"}, {"amazon ecs on fargate", "fargate"}, {"FARGATE", "fargate"}, {"ecs on e", "ec2"},
		{"Amazon  ECS on EC2 - instances of your own", "ec2"}, // as it is printed
		{"instances of", "ec2"},                               // a part of the hint, where no label has it
		{"fargate ecs", "fargate"}, {"own ec2", "ec2"},        // terms in any order
		{"ecs on", `! "ecs on" matches 2 options`},
		{"prod", "prod"}, {"vpc-0a2", "prod-old"}, {"prod (", "prod"}, {"10.1.", "prod-old"}, {"prod-", "prod-old"}, {"pro", "! matches 2 options"},
		{"batch", `! "Batch" cannot be chosen: not here`},
		{"only said", "! matches no option"}, {"VPCs", "! matches no option"}, {"zzz", `! "zzz" matches no option`},
		// A number of the list wins over a text; one that the list does not have may be a text in full.
		{"2", "ec2"}, {`"2"`, "two"}, {"2023", "year"}, {"202", "! 202 is not in the list: numbers are from 1 to 10"}, {`"202"`, "year"},
		{"0", "! not in the list"}, {"-1", "! not in the list"}, {"1 1", "! type one number"}, {"1,2", "! type one number"},
		// A list that takes one has nothing to do with commas.
		{"another key, by its alias, id or ARN", "comma"}, {"alias, id", "comma"}, {"fargate, ec2", "! matches no option"},
		{`"b"`, "b"}, {"e", "! too short"}, {"京", "! too short"}, {"東京", "wide"}, {`"`, "! too short"}, {`""`, `! matches no option`}, {"", "! no option is chosen"}, {",", "! too short"},
	} {
		got, err := readAs(one, false, tt.line)
		if part, fails := strings.CutPrefix(tt.want, "! "); fails {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v, %v, want an error with %q", tt.line, got, err, part)
			}
		} else if err != nil || !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%q: %v, %v, want %s", tt.line, got, err, tt.want)
		}
	}
}

func TestSeveralOptionsAreReadFromOneLine(t *testing.T) {
	many := []steps.Option{
		{Value: "1", Label: "web (sg-1)"},
		{Value: "2", Label: "api (sg-2)"},
		{Value: "3", Label: "web, blue (sg-3)"},
		{Value: "4", Label: "web, api"},
		{Value: "5", Label: "none"},
		{Value: "6", Label: "1, 2"},
		{Value: "7", Label: "say \"a, b\""},
		{Value: "8", Label: "off", Problem: "not here"},
	}
	for line, want := range map[string]string{
		"": "", "none": "", "None": "", `"none"`: "5",
		"1 2": "1 2", "2,1": "2 1", "2, 1 , 2": "2 1", "1 2, api": "1 2", "1, sg-2": "1 2", "SG-2,web": "2 1",
		"web, blue": "3", "web,  blue (sg-3)": "3", "api, web, blue, 1": "2 3 1", "blue": "3", "web (sg-1), blue": "1 3",
		// The text of an option that holds a comma is ambiguous where its pieces are texts too.
		"web, api":     "! can be one option or several",
		`"web, api"`:   "4",
		`"web", "api"`: "1 2", `web, "api"`: "1 2",
		"1, 2":       "1 2", // as with every number
		`"1, 2"`:     "6",
		`say "a, b"`: "7", `"say "a, b""`: "! matches no option",
		"web, nothing": `! "nothing" matches no option`, "sg": "! matches 3 options", "web, off": `! "off" cannot be chosen: not here`,
		"web, 9": "! 9 is not in the list: numbers are from 1 to 8", "web,": "1", ",": "! no option is chosen", "web, x": "! too short",
	} {
		got, err := readAs(many, true, line)
		if part, fails := strings.CutPrefix(want, "! "); fails {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %v, %v, want an error with %q", line, got, err, part)
			}
		} else if err != nil || !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q: %v, %v, want %s", line, got, err, want)
		}
	}
}

// BenchmarkReadALineOfCommas reads the longest line with the most pieces.
func BenchmarkReadALineOfCommas(b *testing.B) {
	line := strings.Repeat("subnet-00001,", longest/len("subnet-00001,"))
	for _, n := range []int{10, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			opts := numberedOf(pickerOf(manyOptions(n), true, nil))
			for b.Loop() {
				if got, err := opts.read(line); err != nil || len(got.rows) != 1 {
					b.Fatal(got, err)
				}
			}
		})
	}
}

// Whatever the options are called, a number chooses, and no line crashes the prompter.
func FuzzOptions(f *testing.F) {
	f.Add("web, api", "1", `"web", 2`)
	f.Add(`a"b`, "a", `"a"b", a`)
	f.Fuzz(func(t *testing.T, a, b, line string) {
		opts := []steps.Option{{Value: "a", Label: a}, {Value: "b", Label: b}}
		for _, many := range []bool{false, true} {
			if got, err := readAs(opts, many, "2"); err != nil || !slices.Equal(got, []string{"b"}) {
				t.Errorf("2: %v, %v", got, err)
			}
			if _, err := readAs(opts, many, line); err != nil && err.Error() == "" {
				t.Error("an error without a text")
			}
		}
	})
}

// The prompter says which option a part of a text chose, lists what an unclear one can mean,
// and explains an option by its text too.
func TestPlainChoosesByText(t *testing.T) {
	_, out := plainly(t, newFake(), Options{}, "andbox", "nonsense", "ecs on", "? batch on ec2", "? batch", "?", "amazon ecs on fargate", "prod/legacy", webService,
		everyQuestion, shopVPC, "?", "private", "private-a, private-x", "private-a, public-b", "q")
	says(t, out, "Number, or Enter for 2: Chosen: Try the sandbox\n",
		"Number, or Enter for 1: \"nonsense\" matches no option. Type a number from 1 to 6,", "q to quit.\n1. Amazon ECS on Fargate\n2.",
		"\"ecs on\" matches 3 options. Type a number, or more of the text:\n1. Amazon ECS on Fargate\n2. Amazon ECS on EC2\n3. Amazon ECS on Managed Instances\nNumber, or Enter for 1: 5. AWS Batch on EC2\nJobs from a queue",
		"\"batch\" matches 2 options", "Type the number of an option, its text, or a part of it.",
		`"prod/legacy" cannot be chosen: on EC2, not Fargate.`,
		"Type the numbers or texts of all options that you need, with commas between them, or none.",
		`"private" matches 2 options. Type the list again, with a number or more of this text:`, `"private-x" matches no option. Type numbers from 1 to`, "Endpoint subnets")
	if strings.Contains(out, "Chosen: Amazon ECS on Fargate") {
		t.Errorf("a text in full is repeated:\n%s", out)
	}
}
