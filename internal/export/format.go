package export

import (
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Format is a format of an export. Each is registered in its own file.
type Format struct {
	Name  string // as --format takes it
	Title string // such as "CloudFormation"
	Text  string // what it is, such as "a bash script for the AWS CLI"
	// What a user compares before the export: what it needs, what applies the changes of existing resources, and the details in
	// several paragraphs: what the export does, what happens to secrets, and how to run it.
	Needs, Existing, Details string
	// Finds means that the export finds what exists when it is run, so that it also fits an account that the plan was applied to.
	Finds bool
	// Report means that the export only describes the plan. It can be written although findings stop the plan.
	Report bool
	// Write returns the plan in the format: a file, or the files of a folder. The first file is the one to read. It is an error if
	// the plan cannot be written in it.
	Write func(*plan.Plan, Meta) ([]File, error)
	// Folder means that the files are in a folder of their own.
	Folder bool
	// Extension is the usual one of the first file, such as ".sh"; empty for a folder.
	Extension string
	// Run returns the commands to use the export of a plan (none if nothing is run), or the first of them and a sentence about the others. {out} is the name of its first file or its folder, {script} that of its last file, {region}
	// the Region of the plan, and {stack} the StackName of the export.
	Run func(*plan.Plan) (commands []string, further string)
}

// Files returns the files of an export of a plan: what Write does, and if names are stand-ins, with lines that make the files refuse
// to run.
func (f Format) Files(p *plan.Plan, meta Meta) ([]File, error) {
	files, err := f.Write(p, meta)
	if meta.Masked != "" {
		files = refusing(files, meta.Masked)
	}
	return files, err
}

// Commands returns what Run does, with the commands as quoted arguments, for an export to out with these names of files.
func (f Format) Commands(p *plan.Plan, meta Meta, out string, names []string) (commands [][]string, further string) {
	run, further := f.Run(p)
	values := strings.NewReplacer("{out}", quote(argument(out)), "{script}", quote(argument(names[len(names)-1])), "{region}", quote(p.Region), "{stack}", quote(StackName(meta.Name)))
	var all [][]string
	for _, command := range run {
		args := strings.Fields(command)
		for i := range args {
			args[i] = values.Replace(args[i])
		}
		all = append(all, args)
	}
	return all, further
}

// Unmask returns the command that completes an export to out with these names of files, as quoted arguments.
func (f Format) Unmask(out string, names []string) []string {
	if f.Folder {
		names = []string{out}
	}
	command := []string{"wizard", "unmask", "LEGEND"}
	for _, name := range names {
		command = append(command, quote(argument(name)))
	}
	return command
}

// argument returns the name of a file so that no program reads it as an option.
func argument(name string) string {
	if strings.HasPrefix(name, "-") {
		return "./" + name
	}
	return name
}

// File is a file of an export.
type File struct {
	Name string // in the folder of the export, or beside its first file. The first file of a format without a folder has the name that the user gives
	Text string
	// Start is what this file of each export of the format begins with, so that a later export replaces no other file.
	Start string
	// Mark is what each such file contains in addition, if other files begin the same.
	Mark string
	Run  bool // it is executable
	// Creates returns the resources that the file creates, from its text. A tool that has applied the file deletes those that a later
	// text does not have. It is nil if nothing does that.
	Creates func(text string) []string
}

// Replaces reports whether the file may replace one with an earlier text: that of an export of the same format.
func (f File) Replaces(earlier string) bool {
	return strings.HasPrefix(earlier, f.Start) && strings.Contains(earlier, f.Mark)
}

// Lost returns the resources of an earlier text of the file that the file does not create any more.
func (f File) Lost(earlier string) []string {
	if f.Creates == nil {
		return nil
	}
	now := f.Creates(f.Text)
	return slices.DeleteFunc(f.Creates(earlier), func(one string) bool { return slices.Contains(now, one) })
}

var formats []Format

// register adds a format. It returns a value so that the file of the format can call it in a declaration.
func register(f Format) Format {
	formats = append(formats, f)
	slices.SortFunc(formats, func(x, y Format) int { return strings.Compare(x.Name, y.Name) })
	return f
}

// Formats returns all formats by name.
func Formats() []Format { return slices.Clone(formats) }

// FormatNamed returns the format with a name; false if there is none.
func FormatNamed(name string) (Format, bool) {
	i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return formats[i], true
}
