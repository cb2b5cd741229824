package doctor

import (
	"net/netip"
	"strconv"
	"strings"
)

// addressKind is where an IP address is.
type addressKind int

const (
	noAddress   addressKind = iota
	private                 // in the VPC or in a network that is connected to it
	public                  // on the internet
	loopback                // in the task or on the instance
	linkLocal               // on the instance: metadata, credentials, the DNS server
	unspecified             // no address of a host
)

// String returns the kind as a word of a sentence.
func (k addressKind) String() string {
	return [...]string{"unknown", "private", "public", "a loopback address", "a link-local address", "unspecified"}[k]
}

// address is an IP address in a text.
type address struct {
	text    string
	at, end int
	kind    addressKind
	ipv6    bool
	port    int  // 0 if the text has none
	amazon  bool // an address of the Amazon DNS server
}

// shared is the block of addresses that networks of carriers share (RFC 6598). VPCs can use it too. Source: Amazon VPC user guide, VPC CIDR blocks.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// storage are blocks of addresses of Amazon S3. They are a hint only: AWS adds blocks.
var storage = []string{"52.216.", "52.217.", "52.218.", "52.219.", "3.5."}

// hintsS3 reports whether an address is in a known block of Amazon S3.
func (a address) hintsS3() bool {
	for _, s := range storage {
		if strings.HasPrefix(a.text, s) {
			return true
		}
	}
	return false
}

// addressesIn returns the addresses that a client connects to, and the last DNS server that it asked. Addresses of clients, and ranges, are not included.
func addressesIn(text string) (to []address, server *address) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if i > 0 && (isHostByte(text[i-1]) || text[i-1] == ':' && isDigit(c)) && !strings.HasPrefix(text[max(0, i-2):], "->") {
			continue
		}
		var a address
		switch {
		case c == 'l' && strings.HasPrefix(text[i:], localhost) && (i+len(localhost) == len(text) || !isHostByte(text[i+len(localhost)])):
			a = address{text: localhost, kind: loopback}
			a.port, a.end = portAfter(text[i:], len(localhost))
		case isDigit(c) || c == 'x' || c == 'X' || c == '*':
			a = dotted(text[i:])
		case c == '[' || c == ':':
			a = colons(text[i:])
		}
		if a.kind == noAddress && isHex(c) {
			a = colons(text[i:])
		}
		if a.kind == noAddress {
			continue
		}
		a.at, a.end = i, i+a.end
		i = a.end - 1
		before := strings.ToLower(text[max(0, a.at-24):a.at])
		label := strings.TrimRight(before, " ")
		switch {
		case a.port == dnsPort || strings.HasSuffix(label, "server:") || strings.HasSuffix(label, "server") || strings.HasSuffix(before, "@"):
			a.amazon = a.text == "169.254.169.253" || strings.HasSuffix(a.text, ".2") && a.kind == private || strings.HasPrefix(a.text, "fd00:ec2::253")
			server = &a
		case strings.HasPrefix(text[a.end:], "->"), strings.HasPrefix(text[a.end:], "/") && len(text) > a.end+1 && isDigit(text[a.end+1]), // a source, a range
			strings.HasSuffix(before, "for ip "), strings.HasSuffix(before, "sourceipaddress: "), a.kind == unspecified && a.port == 0:
		default:
			to = append(to, a)
		}
	}
	return to, server
}

// localhost is the name of the loopback address.
const localhost = "localhost"

// dnsPort is the port of DNS servers.
const dnsPort = 53

// dotted reads an IPv4 address. Parts of it can be masked with x or *.
func dotted(text string) address {
	var parts []string
	i := 0
	for len(parts) < 4 {
		n := 0
		for i+n < len(text) && n < 4 && (isDigit(text[i+n]) || strings.IndexByte("xX*", text[i+n]) >= 0) {
			n++
		}
		if n == 0 || n > 3 {
			return address{}
		}
		parts = append(parts, text[i:i+n])
		i += n
		if len(parts) < 4 {
			if i >= len(text) || text[i] != '.' {
				return address{}
			}
			i++
		}
	}
	if i < len(text) && (isLetter(text[i]) || isDigit(text[i]) || text[i] == '_' || text[i] == '-' && !strings.HasPrefix(text[i:], "->") || text[i] == '.' && i+1 < len(text) && isHostByte(text[i+1])) {
		return address{}
	}
	a := address{text: text[:i], end: i}
	if exact, err := netip.ParseAddr(a.text); err == nil {
		a.kind = kindOf(exact)
	} else if a.kind = maskedKind(parts); a.kind == noAddress {
		return address{}
	}
	a.port, a.end = portAfter(text, i)
	return a
}

// maskedKind returns the kind of an address with masked parts, which its first parts decide.
func maskedKind(parts []string) addressKind {
	n := make([]int, 2)
	for i := range n {
		v, err := strconv.Atoi(parts[i])
		if n[i] = v; err != nil {
			n[i] = -1
		}
	}
	switch {
	case n[0] < 0 || n[0] > 255 || n[1] < 0 && (n[0] == 172 || n[0] == 192 || n[0] == 100 || n[0] == 169):
		return noAddress
	case n[1] < 0:
		n[1] = 0
	}
	return kindOf(netip.AddrFrom4([4]byte{byte(n[0]), byte(n[1]), 1, 1}))
}

// colons reads an IPv6 address, in brackets or without.
func colons(text string) address {
	inner, i := text, 0
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text[:min(len(text), 48)], ']')
		if end < 0 {
			return address{}
		}
		inner, i = text[1:end], end+1
	} else {
		for i < len(text) && i < 46 && (isHex(text[i]) || text[i] == ':') {
			i++
		}
		if i < len(text) && (isLetter(text[i]) || isDigit(text[i]) || text[i] == '-' || text[i] == '_') {
			return address{}
		}
		inner = strings.TrimSuffix(text[:i], ":")
		i = len(inner)
		if strings.Count(inner, ":") < 4 && !strings.Contains(inner, "::") || len(inner) < 3 { // a time, a port
			return address{}
		}
	}
	inner, _, _ = strings.Cut(inner, "%")
	exact, err := netip.ParseAddr(inner)
	if err != nil || exact.Is4() {
		return address{}
	}
	a := address{text: exact.String(), kind: kindOf(exact), ipv6: !exact.Is4In6(), end: i}
	if text[0] == '[' {
		a.port, a.end = portAfter(text, i)
	}
	return a
}

// portAfter reads a port after an address, and returns the end of both.
func portAfter(text string, i int) (port, end int) {
	if i >= len(text) || text[i] != ':' && text[i] != '#' {
		return 0, i
	}
	n := i + 1
	for n < len(text) && n < i+6 && isDigit(text[n]) {
		n++
	}
	port, err := strconv.Atoi(text[i+1 : n])
	if err != nil {
		return 0, i
	}
	return port, n
}

// kindOf returns where an address is.
func kindOf(a netip.Addr) addressKind {
	a = a.Unmap()
	switch {
	case a.IsLoopback():
		return loopback
	case a.IsUnspecified():
		return unspecified
	case a.IsLinkLocalUnicast(), a.Is6() && strings.HasPrefix(a.String(), "fd00:ec2::"):
		return linkLocal
	case a.IsPrivate(), shared.Contains(a):
		return private
	}
	return public
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
