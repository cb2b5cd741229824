package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/price"

// Use is an item that AWS bills for a resource, and how many of it. Without a number, the use depends on the traffic.
type Use struct {
	Item  price.Item
	Count int
}

// billed is a spec of something that AWS bills.
type billed interface {
	// uses returns what AWS bills for the resource of the spec; an EndpointChange returns what it adds to an endpoint.
	uses() []Use
}

// Uses returns what AWS bills for what the change creates or adds.
func (a Change) Uses() []Use {
	_, adds := a.Spec.(EndpointChange)
	if s, ok := a.Spec.(billed); ok && (a.Op == Create || a.Op == Modify && adds) {
		return s.uses()
	}
	return nil
}

// UsesBefore returns what AWS bills already for the resource that the change keeps or modifies. An EndpointChange does not
// have the present subnets of its endpoint, so it returns nothing.
func (a Change) UsesBefore() []Use {
	_, adds := a.Spec.(EndpointChange)
	if s, ok := a.Spec.(billed); ok && (a.Op == Keep || a.Op == Modify) && !adds {
		return s.uses()
	}
	return nil
}

// Monthly returns what uses cost per month, without those that depend on the traffic. known is false if one of them has
// no price; the amount is then that of the others.
func Monthly(uses []Use, prices price.List) (amount float64, known bool) {
	known = true
	var all []float64
	for _, u := range uses {
		if u.Item.Fixed() {
			all = append(all, prices.Monthly(u.Item, u.Count))
			known = known && prices.Known(u.Item)
		}
	}
	return price.Sum(all...), known
}

// Billed reports whether AWS bills what the change creates or adds, used or not.
func (a Change) Billed() bool {
	for _, u := range a.Uses() {
		if u.Item.Fixed() && u.Count > 0 {
			return true
		}
	}
	return false
}
