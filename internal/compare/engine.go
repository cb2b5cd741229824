package compare

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// most is the maximum number of resources that a sentence lists.
const most = 20

// kind is how the items of a list are compared: as resources of their own, or within the resource that has the list.
type kind struct {
	noun    string // of one item: "security group"
	many    string // plural, if words.Count does not form it
	subject subject
	// within means that the items are a part of the resource that has the list. Its sentences then have the label, and no noun.
	within bool
	// sum means that items come and go all the time: a sentence counts those that were created and deleted.
	sum bool
	// created and deleted follow the label: "was created".
	created, deleted string
	// key identifies an item in both snapshots. alt, if set, finds one that has no counterpart by key.
	key, alt func(item any) string
	// label identifies an item to people, without its noun. The owner is the resource that has the list.
	label func(c *comparison, o owner, item any) string
	// name is the name of the item; nil if it has none.
	name func(item any) string
	// changed adds own sentences about an item that both snapshots have; it reports false for the usual ones.
	changed func(c *comparison, o owner, a, b any) bool
	// partial means that the list has only what is in use, so an item that is missing was not deleted.
	partial func(c *comparison, item any) bool
	rank    int // set by init
}

// typed is a kind with functions of the type of its items.
type typed[T any] struct {
	kind
	key, alt, name func(*T) string
	label          func(*comparison, owner, *T) string
	changed        func(c *comparison, o owner, a, b *T) bool
	partial        func(*comparison, *T) bool
}

func of[T any](t typed[T]) *kind {
	k := t.kind
	text := func(f func(*T) string) func(any) string {
		if f == nil {
			return nil
		}
		return func(item any) string { return f(item.(*T)) }
	}
	k.key, k.alt, k.name = text(t.key), text(t.alt), text(t.name)
	k.label = func(c *comparison, o owner, item any) string { return t.label(c, o, item.(*T)) }
	if t.changed != nil {
		k.changed = func(c *comparison, o owner, a, b any) bool { return t.changed(c, o, a.(*T), b.(*T)) }
	}
	if t.partial != nil {
		k.partial = func(c *comparison, item any) bool { return t.partial(c, item.(*T)) }
	}
	return &k
}

// fields compares all fields of a struct. The path leads to the struct.
func (c *comparison) fields(o owner, path string, a, b reflect.Value) {
	for i := range a.NumField() {
		c.field(o, path, a.Type(), a.Type().Field(i), a.Field(i), b.Field(i))
	}
}

// field compares one field of a struct.
func (c *comparison) field(o owner, path string, of reflect.Type, sf reflect.StructField, a, b reflect.Value) {
	key := of.Name() + "." + sf.Name
	if left[key] != "" {
		return
	}
	path = strings.TrimPrefix(path+"."+sf.Name, ".")
	if k := kinds[key]; k != nil {
		c.list(o, key, path, k, a, b)
		return
	}
	p := special[key]
	if p.subject != none {
		o.subject = p.subject
	}
	// An empty value on the side of a gap is a value that was not read.
	if equal(a, b) || empty(a) && c.unread(0, key, path) || empty(b) && c.unread(1, key, path) || (c.unread(0, "="+key) || c.unread(1, "="+key)) {
		return
	}
	if p.compare != nil {
		p.compare(c, o, a, b)
		return
	}
	noun := cmp.Or(p.noun, nounOf(sf))
	switch a.Kind() {
	case reflect.Struct:
		if !sf.Anonymous {
			o.prefix += p.prefix
		}
		c.fields(o, path, a, b)
	case reflect.Pointer:
		switch {
		case a.IsNil():
			c.say(o, "%s was added", noun)
		case b.IsNil():
			c.say(o, "%s was removed", noun)
		default:
			o.prefix += noun + ": "
			c.fields(o, path, a.Elem(), b.Elem())
		}
	case reflect.Bool:
		on := cmp.Or(p.on, noun+" was turned on")
		if !b.Bool() {
			on = cmp.Or(p.off, noun+" was turned off")
		}
		c.say(o, "%s", on)
	case reflect.Slice:
		c.set(o, noun, cmp.Or(p.one, strings.TrimSuffix(noun, "s")), a, b)
	case reflect.Map:
		c.pairs(o, cmp.Or(p.one, strings.TrimSuffix(noun, "s")), a, b)
	default:
		x, y := fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface())
		if a.Kind() == reflect.Int && p.unknown { // 0 is not a number here
			x, y = strings.TrimPrefix(x, "0"), strings.TrimPrefix(y, "0")
		}
		c.value(o, noun, x, y)
	}
}

// nounOf returns the JSON name of a field as words.
func nounOf(sf reflect.StructField) string {
	tag, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
	parts := strings.Split(cmp.Or(tag, strings.ToLower(sf.Name)), "_")
	for i, p := range parts {
		if is, ok := map[string]string{"arn": "ARN", "cidr": "CIDR block", "id": "ID", "ip": "IP address", "ipv6": "IPv6 block", "kms": "KMS", "os": "operating system", "ami": "AMI", "vpc": "VPC", "dns": "DNS", "ssm": "SSM", "efs": "EFS", "url": "URL"}[p]; ok {
			parts[i] = is
		}
	}
	return strings.Join(parts, " ")
}

// empty reports whether a value has no content.
func empty(v reflect.Value) bool {
	return v.IsZero() || (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
}

func equal(a, b reflect.Value) bool {
	return empty(a) && empty(b) || reflect.DeepEqual(a.Interface(), b.Interface())
}

// value adds that a single value changed. An empty one was not set.
func (c *comparison) value(o owner, noun, a, b string) {
	x, y := c.text(a), c.text(b)
	if x == y {
		x, y = a, b // such as roles with the same name in two accounts
	}
	switch {
	case a == "":
		c.say(o, "%s is %s now; it was not set", noun, y)
	case b == "":
		c.say(o, "%s is not set any more; it was %s", noun, x)
	default:
		c.say(o, "%s changed from %s to %s", noun, x, y)
	}
}

// text returns a value as people read it: resources with their names, times without letters.
func (c *comparison) text(s string) string {
	if label := c.labels[s]; label != "" {
		return label
	}
	return moment(s)
}

// moment returns a time in UTC, as RFC 3339, in the form of sentences. It returns other texts unchanged.
func moment(s string) string {
	if len(s) == len("2026-11-30T09:15:00Z") && s[4] == '-' && s[10] == 'T' && s[13] == ':' && s[19] == 'Z' {
		return s[:10] + " " + s[11:16] + " UTC"
	}
	return s
}

// ordered are the lists that AWS uses in their order.
var ordered = []string{"CIDR blocks", "domain name servers", "compute environments"}

// set adds what differs between two lists of texts.
func (c *comparison) set(o owner, noun, one string, a, b reflect.Value) {
	if a.Type().Elem().Kind() != reflect.String {
		panic("a list of " + a.Type().Elem().String() + " needs a kind")
	}
	count := map[string]int{}
	for i := range a.Len() {
		count[a.Index(i).String()]--
	}
	for i := range b.Len() {
		count[b.Index(i).String()]++
	}
	var added, removed []string
	for _, s := range slices.Sorted(maps.Keys(count)) {
		switch n := count[s]; {
		case n > 0:
			added = append(added, c.text(s))
		case n < 0:
			removed = append(removed, c.text(s))
		}
	}
	if len(added)+len(removed) > 0 {
		c.these(o, noun, one, removed, "removed")
		c.these(o, noun, one, added, "added")
		return
	}
	if slices.Contains(ordered, noun) {
		var now []string
		for i := range b.Len() {
			now = append(now, c.text(b.Index(i).String()))
		}
		c.say(o, "the order of the %s changed to %s", noun, words.UpTo(now, most))
	}
}

func (c *comparison) these(o owner, noun, one string, items []string, what string) {
	switch len(items) {
	case 0:
	case 1:
		c.say(o, "%s %s was %s", one, items[0], what)
	default:
		c.say(o, "%s %s were %s", noun, words.UpTo(items, most), what)
	}
}

// pairs adds what differs between two maps of texts or numbers.
func (c *comparison) pairs(o owner, one string, a, b reflect.Value) {
	read := func(v reflect.Value) map[string]string {
		out := map[string]string{}
		for it := v.MapRange(); it.Next(); {
			out[it.Key().String()] = fmt.Sprint(it.Value().Interface())
		}
		return out
	}
	x, y := read(a), read(b)
	for _, key := range slices.Sorted(maps.Keys(x)) {
		if now, ok := y[key]; !ok {
			c.say(o, "%s %s was removed; it was %s", one, key, quoted(x[key]))
		} else if now != x[key] {
			c.say(o, "%s %s changed from %s to %s", one, key, quoted(x[key]), quoted(now))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(y)) {
		if _, ok := x[key]; !ok {
			c.say(o, "%s %s was added; it is %s", one, key, quoted(y[key]))
		}
	}
}

func quoted(s string) string {
	if s == "" {
		return "empty"
	}
	return s
}

// item is an item of a list with its key.
type item struct {
	key string
	v   reflect.Value
}

// list compares the items of two lists.
func (c *comparison) list(o owner, key, path string, k *kind, a, b reflect.Value) {
	xs, ys := keyed(k, a), keyed(k, b)
	in := map[string]reflect.Value{}
	for _, y := range ys {
		in[y.key] = y.v
	}
	pair := map[string]string{} // keys in a, by those of their counterparts in b
	var missing []item
	for _, x := range xs {
		if _, ok := in[x.key]; ok {
			pair[x.key] = x.key
		} else {
			missing = append(missing, x)
		}
	}
	var extra []item
	for _, y := range ys {
		if _, ok := pair[y.key]; !ok {
			extra = append(extra, y)
		}
	}
	if k.alt != nil && len(missing) > 0 && len(extra) > 0 {
		missing, extra = c.pairAlt(o, path, k, missing, extra)
	}
	at := map[string]reflect.Value{}
	for _, x := range xs {
		at[x.key] = x.v
	}
	for _, y := range ys {
		if x, ok := at[y.key]; ok {
			c.changed(o, path, k, x, y.v)
		}
	}
	var created, deleted []string
	for _, x := range missing {
		switch item := x.v.Addr().Interface(); {
		case c.unread(1, key, path):
		case k.partial != nil && k.partial(c, item):
			c.unusedItem(k, o, item, 0)
		case k.sum:
			deleted = append(deleted, k.label(c, o, item))
		default:
			c.whole(o, key, k, x.v, Deleted)
		}
	}
	for _, y := range extra {
		switch item := y.v.Addr().Interface(); {
		case c.unread(0, key, path):
		case k.partial != nil && k.partial(c, item):
			c.unusedItem(k, o, item, 1)
		case k.sum:
			created = append(created, k.label(c, o, item))
		default:
			c.whole(o, key, k, y.v, Created)
		}
	}
	o.subject, o.rank = k.subject, k.rank
	for i, ids := range [][]string{created, deleted} {
		if len(ids) > 0 {
			c.say(o, "%s %s: %s", words.Count(len(ids), k.noun), [2]string{"created", "deleted"}[i], words.UpTo(ids, 5))
		}
	}
}

// keyed returns the items of a list with unique keys.
func keyed(k *kind, list reflect.Value) []item {
	out, seen := make([]item, 0, list.Len()), map[string]int{}
	for i := range list.Len() {
		v := list.Index(i)
		key := k.key(v.Addr().Interface())
		if n := seen[key]; n > 0 {
			out = append(out, item{fmt.Sprintf("%s\x00%d", key, n), v})
		} else {
			out = append(out, item{key, v})
		}
		seen[key]++
	}
	return out
}

// pairAlt compares items with the same second key, if one snapshot has one and the other has one. It returns the others.
func (c *comparison) pairAlt(o owner, path string, k *kind, missing, extra []item) (m, e []item) {
	by := func(items []item) map[string][]item {
		out := map[string][]item{}
		for _, x := range items {
			alt := k.alt(x.v.Addr().Interface())
			out[alt] = append(out[alt], x)
		}
		return out
	}
	before, after := by(missing), by(extra)
	alone := func(alt string) bool { return len(before[alt]) == 1 && len(after[alt]) == 1 }
	for _, x := range missing {
		if alt := k.alt(x.v.Addr().Interface()); alone(alt) {
			c.changed(o, path, k, x.v, after[alt][0].v)
		} else {
			m = append(m, x)
		}
	}
	for _, y := range extra {
		if !alone(k.alt(y.v.Addr().Interface())) {
			e = append(e, y)
		}
	}
	return m, e
}

// unusedItem records an item that only one snapshot has because only what is in use is read.
func (c *comparison) unusedItem(k *kind, o owner, item any, side int) {
	what := onlyIn(side, k.noun)
	if label := k.label(c, o, item); !slices.Contains(c.unused[what], label) {
		c.unused[what] = append(c.unused[what], label)
	}
}

// onlyIn is the start of a sentence about resources that only one snapshot has, but that may exist at the time of the other.
func onlyIn(side int, noun string) string {
	return "Only in " + sides[side] + ", because only what is in use is read: " + noun + " "
}

// ownerOf returns the resource for an item of a list, or for an item within o, o with a prefix.
func (c *comparison) ownerOf(o owner, k *kind, v reflect.Value) owner {
	item := v.Addr().Interface()
	if k.within {
		if k.subject != none {
			o.subject = k.subject
		}
		o.prefix += k.label(c, o, item)
		return o
	}
	out := owner{subject: k.subject, rank: k.rank, noun: k.noun, id: k.key(item), label: k.label(c, o, item)}
	if k.name != nil {
		out.name = k.name(item)
	}
	return out
}

// changed compares an item that both lists have.
func (c *comparison) changed(o owner, path string, k *kind, a, b reflect.Value) {
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		return
	}
	x := c.ownerOf(o, k, b)
	if k.changed != nil && k.changed(c, x, a.Addr().Interface(), b.Addr().Interface()) {
		return
	}
	if k.within {
		x.prefix += ": "
	}
	c.fields(x, path, a, b)
}

// whole adds that an item was created or deleted.
func (c *comparison) whole(o owner, key string, k *kind, v reflect.Value, op Op) {
	x := c.ownerOf(o, k, v)
	verb := map[Op]string{Created: k.created, Deleted: k.deleted}[op]
	if k.within {
		c.say(x, "%s", cmp.Or(verb, map[Op]string{Created: " was added", Deleted: " was removed"}[op]))
		return
	}
	text := x.String() + " " + cmp.Or(verb, "was "+string(op))
	if o.noun == "VPC" && verb == "" {
		text += " in VPC " + o.label
	}
	var with []string
	if op == Created && v.Kind() == reflect.Struct {
		for _, name := range []string{"State", "Status"} {
			if f := v.FieldByName(name); f.IsValid() && f.String() != "" {
				with = append(with, strings.ToLower(name)+" "+f.String())
			}
		}
	}
	if has := c.contents(key, v, op); has != "" {
		with = append(with, has)
	}
	if len(with) > 0 {
		text += ", with " + strings.Join(with, " and ")
	}
	c.add(x, op, text)
}

// contents counts what a resource contains: "2 subnets and 1 route table".
func (c *comparison) contents(key string, v reflect.Value, op Op) string {
	if key == "Inventory.VPCs" { // its content is elsewhere
		side := map[Op]int{Deleted: 0, Created: 1}[op]
		n := c.inv[side].Network(v.FieldByName("ID").String())
		if n == nil {
			return ""
		}
		v = reflect.ValueOf(n).Elem()
	}
	if v.Kind() != reflect.Struct {
		return ""
	}
	var out []string
	for i := range v.NumField() {
		k := kinds[v.Type().Name()+"."+v.Type().Field(i).Name]
		if k == nil || k.sum || k.partial != nil || k.within && k.deleted != "" || v.Field(i).Len() == 0 { // not what only refers to it
			continue
		}
		n := v.Field(i).Len()
		if k.many != "" {
			out = append(out, words.Counted(n, k.noun, k.many))
		} else {
			out = append(out, words.Count(n, k.noun))
		}
	}
	return words.And(out)
}

// index records the labels of resources, so that sentences have names and not only ids. The second snapshot wins.
func (c *comparison) index() {
	c.labels = map[string]string{}
	put := func(id, label string) {
		if id != "" {
			c.labels[id] = label
		}
	}
	for _, inv := range c.inv {
		for i := range inv.VPCs {
			put(inv.VPCs[i].ID, inventory.Label(inv.VPCs[i].Name, inv.VPCs[i].ID))
		}
		for i := range inv.Networks {
			n := &inv.Networks[i]
			for i := range n.Subnets {
				put(n.Subnets[i].ID, inventory.Label(n.Subnets[i].Name, n.Subnets[i].ID))
			}
			for i := range n.RouteTables {
				put(n.RouteTables[i].ID, inventory.Label(n.RouteTables[i].Name, n.RouteTables[i].ID))
			}
			for i := range n.NATGateways {
				put(n.NATGateways[i].ID, inventory.Label(n.NATGateways[i].Name, n.NATGateways[i].ID))
			}
			for i := range n.SecurityGroups {
				put(n.SecurityGroups[i].ID, inventory.Label(n.SecurityGroups[i].Name, n.SecurityGroups[i].ID))
			}
			for i := range n.Endpoints {
				put(n.Endpoints[i].ID, endpointLabel(&n.Endpoints[i]))
			}
			for i := range n.PrefixLists {
				put(n.PrefixLists[i].ID, inventory.Label(n.PrefixLists[i].Name, n.PrefixLists[i].ID))
			}
		}
		for i := range inv.Clusters {
			put(inv.Clusters[i].ARN, inv.Clusters[i].Name)
			for j := range inv.Clusters[i].Services {
				put(inv.Clusters[i].Services[j].TaskDefinition, words.Last(inv.Clusters[i].Services[j].TaskDefinition))
			}
		}
		for _, e := range inv.Batch.Environments {
			put(e.ARN, e.Name)
		}
		for _, r := range inv.Roles {
			put(r.ARN, r.Name)
		}
		for i := range inv.Access {
			for _, l := range inv.Access[i].LoadBalancers {
				put(l.ARN, l.Name)
			}
			for _, t := range inv.Access[i].TargetGroups {
				put(t.ARN, t.Name)
			}
		}
	}
}

// ref returns the label of a resource by its id or ARN.
func (c *comparison) ref(id string) string { return cmp.Or(c.labels[id], id) }

// vpcName returns the name of a VPC.
func (c *comparison) vpcName(vpc string) string {
	for _, inv := range []*inventory.Inventory{c.inv[1], c.inv[0]} {
		if v := inv.VPC(vpc); v != nil {
			return v.Name
		}
	}
	return ""
}
