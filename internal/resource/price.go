package resource

// Hours is the number of hours per month in AWS's own examples.
const Hours = 730

// InterfaceCents is the price of one network interface of an interface endpoint per hour in
// us-east-1, in US cents (AWS PrivateLink pricing).
const InterfaceCents = 1

// Price is what a new resource costs per month in us-east-1, in US dollars.
type Price struct {
	What    string
	Monthly float64
}

// Prices returns the prices of what the change creates, except those of network interfaces.
func (a Change) Prices() []Price {
	if s, ok := a.Spec.(interface{ prices() []Price }); ok && a.Op == Create {
		return s.prices()
	}
	return nil
}

// Interfaces returns how many network interfaces of endpoints the change creates.
func (a Change) Interfaces() int {
	if s, ok := a.Spec.(interface{ interfaces() int }); ok && a.Op != Keep {
		return s.interfaces()
	}
	return 0
}

// Monthly returns what the change adds to the monthly bill.
func (a Change) Monthly() float64 {
	sum := InterfacesMonthly(a.Interfaces())
	for _, p := range a.Prices() {
		sum += p.Monthly
	}
	return sum
}

// InterfacesMonthly returns what network interfaces of endpoints cost per month.
func InterfacesMonthly(n int) float64 { return float64(n*Hours*InterfaceCents) / 100 }
