package compare_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/compare"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

var update = flag.Bool("update", false, "write the golden files again")

// fill sets every field of a value: one item in each list, another text in each field, and numbers above those that matter.
func fill(v reflect.Value, n *int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, n)
		v.SetMapIndex(reflect.ValueOf("key"), value)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(7)
	case reflect.String:
		*n++
		v.SetString(fmt.Sprintf("t%d", *n))
	}
}

// everything is an inventory with one of everything, all of it in one VPC and loaded.
func everything() *inventory.Inventory {
	inv, n := &inventory.Inventory{}, 0
	fill(reflect.ValueOf(inv).Elem(), &n)
	inv.Account, inv.Region = "123456789012", "us-east-1"
	inv.VPCs[0].ID, inv.Networks[0].VPC, inv.Access[0].VPC, inv.Hosts[0].VPC = "vpc-1", "vpc-1", "vpc-1", "vpc-1"
	inv.Secrets[0].ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
	inv.TaskDefinitions[0].ARN, inv.Batch.Definitions[0].ARN = "arn:aws:ecs:us-east-1:123456789012:task-definition/a:7", "arn:aws:batch:us-east-1:123456789012:job-definition/a:7"
	inv.Networks[0].Endpoints[0].Policy = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`
	inv.Loaded = nil
	for _, p := range inventory.Parts() {
		r := inventory.Request{Part: p}
		switch p {
		case inventory.PartNetwork, inventory.PartAccess, inventory.PartHosts:
			r.VPC = "vpc-1"
		case inventory.PartRoles:
			r.Role = inv.Roles[0].ARN
		case inventory.PartLogGroups:
			r.Name = inv.LogGroups[0] + " t1x"
		}
		if p == inventory.PartNetwork { // the first one is the one that edits change
			inv.Loaded = slices.Insert(inv.Loaded, 0, r)
			continue
		}
		inv.Loaded = append(inv.Loaded, r)
	}
	inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartLogGroups, Name: inv.LogGroups[0] + "x"}, inventory.Request{Part: inventory.PartRoles, Role: inv.Roles[0].ARN + "x"})
	return inv
}

// edit is a change of one field of an inventory. Its name is TYPE.FIELD, with a word if there are several.
type edit struct {
	path, field string
	apply       func()
}

// edits returns the changes of every field of an inventory, each as the opposite or as another value.
func edits(v reflect.Value, path, field string) []edit {
	var out []edit
	put := func(what string, apply func()) {
		out = append(out, edit{strings.TrimPrefix(path+what, "."), field, apply})
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			out = append(out, edits(v.Field(i), path+"."+f.Name, v.Type().Name()+"."+f.Name)...)
		}
	case reflect.Pointer:
		put(" (removed)", func() { v.SetZero() })
		out = append(out, edits(v.Elem(), path, field)...)
	case reflect.Slice:
		put(" (emptied)", func() { v.SetLen(0) })
		out = append(out, edits(v.Index(0), path, field)...)
	case reflect.Map:
		put(" (emptied)", func() { v.SetMapIndex(reflect.ValueOf("key"), reflect.Value{}) })
		put(" (value)", func() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(reflect.ValueOf("key")))
			edits(value, "", "")[0].apply()
			v.SetMapIndex(reflect.ValueOf("key"), value)
		})
	case reflect.Bool:
		put("", func() { v.SetBool(!v.Bool()) })
	case reflect.Int:
		put("", func() { v.SetInt(v.Int() + 1) })
	case reflect.Float64:
		put("", func() { v.SetFloat(v.Float() + 1) })
	case reflect.String:
		put("", func() { v.SetString(v.String() + "x") })
	}
	return out
}

// TestNoChangeIsSilent changes every field of an inventory with one of everything, one at a time. The report has a sentence for
// each, or the table left says why not. The golden file has the sentences, so that people can read them.
func TestNoChangeIsSilent(t *testing.T) {
	plain := compare.Of(everything(), everything())
	if plain.Count() > 0 || len(plain.Notes) > 0 {
		t.Fatalf("equal inventories differ: %q", plain.Lines())
	}
	var golden strings.Builder
	seen := map[string]bool{}
	n := len(edits(reflect.ValueOf(everything()).Elem(), "", ""))
	for i := range n {
		a, b := everything(), everything()
		e := edits(reflect.ValueOf(b).Elem(), "", "")[i]
		e.apply()
		seen[e.field] = true
		fmt.Fprintf(&golden, "%s\n", e.path)
		if err := compare.Comparable(a, b); err != nil {
			fmt.Fprintf(&golden, "  error: %v\n", err)
			continue
		}
		r := compare.Of(a, b)
		var texts []string
		texts = append(texts, r.Notes...)
		for _, c := range r.Changes {
			for _, x := range c.Texts {
				texts = append(texts, x.Text)
			}
		}
		for _, u := range r.NotCompared {
			if !slices.Contains(plain.NotCompared, u) {
				texts = append(texts, u.Text)
			}
		}
		field, _, _ := strings.Cut(e.path, " ")
		reason := compare.Left[e.field]
		if top, _, _ := strings.Cut(field, "."); reason == "" {
			reason = compare.Left["Inventory."+top]
		}
		switch {
		case len(texts) == 0 && reason == "":
			t.Errorf("%s: its change is silent", e.path)
		case len(texts) > 0 && reason != "" && e.field != "Network.VPC" && e.field != "Access.VPC":
			t.Errorf("%s: left out, because %s, but reported: %q", e.path, reason, texts)
		case len(texts) == 0:
			texts = []string{"left out: " + reason}
		}
		for _, text := range texts {
			fmt.Fprintf(&golden, "  %s\n", text)
			if strings.Contains(text, "%!") || strings.Contains(strings.ReplaceAll(text, "base_url", ""), "_") || strings.Contains(text, "  ") {
				t.Errorf("%s: %s", e.path, text)
			}
		}
	}
	if n < 350 {
		t.Errorf("%d fields", n)
	}
	for _, f := range compare.Tables() {
		if !seen[f] && !isStruct(f) {
			t.Errorf("a table names %s, which is not a field", f)
		}
	}
	if u := compare.Unranked(); len(u) > 0 {
		t.Errorf("kinds without a place in the order: %v", u)
	}
	file := "testdata/fields.golden"
	if *update {
		if err := os.WriteFile(file, []byte(golden.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), golden.String()); d != "" {
		t.Errorf("go test ./internal/compare -update, and read the difference:\n%s", d)
	}
}

// isStruct reports whether a field of the inventory, as TYPE.FIELD, has fields of its own.
func isStruct(field string) bool {
	found := false
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice:
			visit(t.Elem())
		case reflect.Struct:
			for i := range t.NumField() {
				found = found || t.Name()+"."+t.Field(i).Name == field
				visit(t.Field(i).Type)
			}
		}
	}
	visit(reflect.TypeFor[inventory.Inventory]())
	return found
}

// TestCallsOfEachField checks that every call that loads a part is known as the reader of a field, and every field exists.
func TestCallsOfEachField(t *testing.T) {
	read := map[string]bool{}
	for f, calls := range compare.ReadBy {
		for _, call := range strings.Fields(calls) {
			read[call] = true
		}
		if f := strings.TrimPrefix(f, "="); strings.Count(f, ".") == 1 && !isStruct(f) {
			t.Errorf("%s is not a field", f)
		}
	}
	for _, p := range inventory.Parts() {
		for _, call := range inventory.Calls(p) {
			if !read[call] && p != inventory.PartIdentity && p != inventory.PartPrices {
				t.Errorf("no field depends on %s, which loads %s", call, p.Title())
			}
		}
	}
	for call := range read {
		if !slices.ContainsFunc(inventory.Parts(), func(p inventory.Part) bool { return slices.Contains(inventory.Calls(p), call) }) {
			t.Errorf("%s loads no part", call)
		}
	}
}

// TestReportIsJSON checks that a report can be encoded, with lists and not null.
func TestReportIsJSON(t *testing.T) {
	inv := everything()
	inv.Snapshot = nil
	data, err := json.Marshal(compare.Of(inv, inv))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"version":1`, `"from":null`, `"notes":[]`, `"changes":[]`, `"not_compared":[`} {
		if !strings.Contains(string(data), part) {
			t.Errorf("%s is not in %s", part, data)
		}
	}
}
