package export

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// page is a page in Markdown.
type page struct{ strings.Builder }

func (p *page) heading(text string)   { p.WriteString("## " + text + "\n\n") }
func (p *page) paragraph(text string) { p.WriteString(wrap("", "", text) + "\n") }
func (p *page) commands(lines ...string) {
	p.WriteString("```sh\n" + strings.Join(lines, "\n") + "\n```\n\n")
}
func (p *page) items(title string, items []string) {
	if len(items) == 0 {
		return
	}
	p.paragraph(title)
	for _, item := range items {
		p.WriteString(wrap("- ", "  ", item))
	}
	p.WriteString("\n")
}

// readme returns the page that explains the folder.
func (t *terraform) readme(meta Meta) (string, error) {
	p := t.plan
	b := &page{}
	b.WriteString(firstReadme + "\n")
	for _, line := range origin(p, meta) {
		if line != "" {
			b.WriteString(wrap("- ", "  ", line))
		}
	}
	b.WriteString("\n")

	b.heading("What it does")
	rows := func(is func(resource.Change) bool) []string {
		var out []string
		for _, a := range p.Changes {
			if !is(a) {
				continue
			}
			text := "`" + string(a.ID) + "`: " + sentence(a.Summary)
			if why := t.why[a.ID]; why != "" {
				text += " " + why
			}
			out = append(out, text)
		}
		return out
	}
	b.items("Terraform creates or adds:", rows(func(a resource.Change) bool { return t.declared[a.ID] }))
	b.items("Not expressible here. "+finishScript+" applies it after Terraform:", rows(func(a resource.Change) bool { return t.why[a.ID] != "" }))
	b.items(finishScript+" also runs:", rows(func(a resource.Change) bool { return a.Op == resource.Run }))
	b.items("These exist and are kept. Terraform only reads them, so that it never deletes them:", rows(func(a resource.Change) bool { return a.Op == resource.Keep }))
	b.paragraph(cost(p))
	b.items("Findings:", findings(p))

	b.heading("Apply")
	b.paragraph("You need Terraform 1.11 or newer, and bash and the AWS CLI for " + finishScript + ". Read the plan of Terraform before you confirm it.")
	if first := t.first(); len(first) > 0 {
		b.paragraph("Before Terraform runs, the script must apply " + joinedIDs(first) + ". It then ends with exit code 1, because the rest does not exist yet.")
		b.commands("bash " + finishScript)
		b.paragraph("Then apply the code:")
	}
	if t.phases() {
		b.paragraph("1. Create everything. Private DNS stays off, so that clients in the VPC keep their present path until the endpoints are verified.")
		b.commands("terraform init", "terraform apply")
		b.paragraph("2. Verify the endpoints. Exit code 4 means that they are verified, and that private DNS is still off. Exit code 1 means that the verification failed.")
		b.commands("bash " + finishScript + " --check")
		b.paragraph("3. Turn private DNS on. Every client in the VPC then uses the endpoints.")
		b.commands("echo 'private_dns = true' >>terraform.tfvars", "terraform apply", "bash "+finishScript)
	} else {
		b.commands("terraform init", "terraform apply", "bash "+finishScript)
	}
	b.paragraph(finishScript + " applies what Terraform cannot express, and verifies the path of the workload. It can be run again at any time. bash " + finishScript + " --help lists its options.")
	var asked []string
	for _, in := range p.Inputs() {
		if t.uses(in.Name) {
			asked = append(asked, "`"+inputName(in.Name)+"`: "+in.Ask)
		}
	}
	if len(asked) > 0 {
		b.items("Terraform asks for these secrets:", asked)
		b.paragraph("They are written to AWS with write-only arguments, so that no state or plan file contains them. It asks at each plan, apply and destroy. For automation, set TF_VAR_NAME in the environment. Do not set them with -var: other users of the machine can see arguments. To write a new value later, increase secret_string_wo_version and apply again.")
	}

	b.heading("Check")
	b.commands("terraform plan", "bash "+finishScript+" --check")
	b.paragraph("After everything is applied, terraform plan shows no changes. With --check, the script compares the account with the plan, verifies the path, and changes nothing.")
	if slices.ContainsFunc(t.plan.Changes, func(a resource.Change) bool { return a.Op == resource.Modify && t.declared[a.ID] && a.Existing != "" }) {
		b.paragraph("This code adds to what exists. If other code manages an endpoint, a security group or a VPC with complete lists, make the addition there: otherwise each apply of that code removes it.")
	}
	b.paragraph("Keep this code, its state, terraform.tfvars and " + finishScript + ".created after you have applied it. If a later plan needs more subnets, security groups or permissions for what this code created, add them here. A later export of the wizard describes the account as it is then: what exists is only read, so that Terraform would delete what this code created. The wizard does not write such an export over this folder.")

	b.heading("Remove")
	if err := t.removal(b); err != nil {
		return "", err
	}
	return strings.TrimRight(b.String(), "\n") + "\n", nil
}

// removal explains how to remove what was created.
func (t *terraform) removal(b *page) error {
	var steps []string
	if slices.ContainsFunc(t.plan.Changes, func(a resource.Change) bool { return a.Op != resource.Keep && !t.declared[a.ID] && !a.Waits() }) {
		steps = append(steps, "bash "+finishScript+" --undo")
	}
	var kept []string
	for _, one := range t.blocks {
		if one.Existing != "" || one.Kept {
			kept = append(kept, "terraform state rm "+one.address())
		}
	}
	steps = append(append(steps, kept...), "terraform destroy")
	b.commands(steps...)
	if len(steps) > 0 && strings.HasSuffix(steps[0], "--undo") {
		b.paragraph(finishScript + " --undo is needed only if the script was run before.")
	}
	b.paragraph("Terraform deletes what this code created. If something that it only reads does not exist any more, use terraform destroy -refresh=false.")
	var notes []string
	for _, a := range t.plan.Changes {
		if !t.declared[a.ID] {
			continue
		}
		for _, block := range t.of[a.ID].Blocks {
			notes = append(notes, block.Without)
		}
		all := a.Steps()
		for _, one := range append(all.Parts, resource.Part{Steps: all}) {
			notes = append(notes, one.Stays)
		}
	}
	slices.Sort(notes)
	b.items("What stays, or is different:", slices.DeleteFunc(slices.Compact(notes), func(s string) bool { return s == "" }))
	if len(kept) > 0 {
		b.paragraph("The commands with state rm remove what Terraform must not delete from its state. Without them Terraform refuses to destroy, because these resources are protected.")
	}
	var stays []string
	for _, a := range t.plan.Changes {
		if !t.declared[a.ID] {
			continue
		}
		calls, err := commands(t.plan, t.of[a.ID].Stays)
		if err != nil {
			return err
		}
		for _, words := range calls {
			stays = append(stays, strings.Join(words, " "))
		}
	}
	if len(stays) > 0 {
		b.paragraph("Changes to what existed before stay. Revert them with these commands, if nothing else needs them:")
		b.commands(stays...)
	}
	return nil
}

// has reports whether a resource is as described.
func (t *terraform) has(is func(*tfBlock) bool) bool { return slices.ContainsFunc(t.blocks, is) }

// phases reports whether private DNS is turned on after the endpoints are verified.
func (t *terraform) phases() bool { return t.has(func(one *tfBlock) bool { return one.Later }) }

// uses reports whether Terraform needs an input.
func (t *terraform) uses(input string) bool {
	return slices.ContainsFunc(t.plan.Changes, func(a resource.Change) bool {
		return t.declared[a.ID] && slices.ContainsFunc(a.Inputs(), func(in resource.Input) bool { return in.Name == input })
	})
}
