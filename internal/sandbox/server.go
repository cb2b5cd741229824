package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Time-outs of the server. A client on the same machine needs milliseconds.
const (
	headerTime = 10 * time.Second // until the headers of a request are complete
	readTime   = 30 * time.Second // until its body is complete
	writeTime  = 30 * time.Second // until the client has read the next part of the answer
	idleTime   = 2 * time.Minute  // until the next request of a connection
)

// maxBody in bytes is larger than every request that AWS accepts for the supported operations. The largest is that of ImportCertificate: a
// chain has up to 2 MiB (https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html), which Base64 makes a third longer.
const maxBody = 4 << 20

// maxRest in bytes is how much of a body that is too large is read and discarded. Many clients send the whole body before they read the
// answer.
const maxRest = 64 << 20

// Server returns an HTTP server for the account. It refuses what a web page of another origin can send: requests for a host that is not
// this machine, as after DNS rebinding, and requests from another origin. A request that is read or sent too slowly ends.
//
// The server of an address that other machines can reach is public. It also accepts every IP address as the host, because a page
// cannot rebind an address, and name, the host name that it listens on.
func (a *Account) Server(public bool, name string) *http.Server {
	answer := func(w http.ResponseWriter, r *http.Request) {
		switch host := hostOf(r.Host); {
		case isLoopback(host):
		case public && (isAddress(host) || strings.EqualFold(host, hostOf(name))):
		default:
			refuse(w, "The sandbox does not answer requests for the host %q. Use the URL that it printed, or localhost.", r.Host)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && !sameOrigin(origin, r.Host) {
			refuse(w, "The sandbox does not answer requests from the origin %q.", origin)
			return
		}
		// Browsers send no Origin with many GET requests, and a GET request can change the account too.
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
			refuse(w, "The sandbox does not answer requests from another site (Sec-Fetch-Site: %s).", site)
			return
		}
		a.ServeHTTP(paced{w, http.NewResponseController(w)}, r)
	}
	return &http.Server{
		Handler: http.HandlerFunc(answer), ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
	}
}

// hostOf returns a host without port, brackets and the dot at its end.
func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// isLoopback reports whether a host can only be this machine: a loopback address, localhost, or one of them behind more labels. SDKs add
// such labels, as in api.127.0.0.1. No DNS server has these names (RFC 6761, section 6.3; there is no top-level domain 1).
func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback()
	}
	labels := strings.Split(host, ".")
	a, err := netip.ParseAddr(strings.Join(labels[max(len(labels)-4, 0):], "."))
	return err == nil && a.Is4() && a.IsLoopback()
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func sameOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && strings.EqualFold(u.Host, host)
}

func refuse(w http.ResponseWriter, format string, args ...any) {
	http.Error(w, fmt.Sprintf(format, args...), http.StatusForbidden)
}

// paced is an answer that a client may read as slowly as it likes, as long as it reads. A time limit for the whole answer would cut long
// ones.
type paced struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (p paced) Write(b []byte) (n int, err error) {
	const part = 64 << 10
	for err == nil && n < len(b) {
		_ = p.control.SetWriteDeadline(time.Now().Add(writeTime)) // every connection of the server has deadlines
		var m int
		m, err = p.ResponseWriter.Write(b[n:min(n+part, len(b))])
		n += m
	}
	return n, err
}

// readBody reads the body of a request. The status is 0 if it could be read.
func readBody(r io.Reader) (body []byte, status int, problem string) {
	if r == nil {
		return nil, 0, ""
	}
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	var slow net.Error
	switch {
	case errors.As(err, &slow) && slow.Timeout():
		return nil, http.StatusRequestTimeout, "The request body did not arrive in time."
	case err != nil:
		return nil, http.StatusBadRequest, "The request body cannot be read: " + err.Error()
	case len(body) > maxBody:
		_, _ = io.Copy(io.Discard, io.LimitReader(r, maxRest)) // an error does not change the answer
		return nil, http.StatusRequestEntityTooLarge, fmt.Sprintf("The request body is larger than the limit of %d MiB.", maxBody>>20)
	}
	return body, 0, ""
}
