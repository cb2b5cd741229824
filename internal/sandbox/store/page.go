package store

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Pager describes how a service cuts lists into pages.
type Pager struct {
	Size        int32 // without a size in the request
	Least, Most int32 // limits of the size in a request

	// BadSize returns the error for a size outside the limits. If it is nil or returns nil, the
	// limit applies instead.
	BadSize  func(size int32) *wire.Error
	BadToken func(token string) *wire.Error
}

// Page returns one page of a list, never nil, and the token of the next page. The token is
// opaque to callers; it contains the position of the next page.
func Page[T any](p *Pager, all []T, size *int32, token string) (page []T, next string, err *wire.Error) {
	most, err := p.sizeOf(size)
	if err != nil {
		return nil, "", err
	}
	start := 0
	if token != "" {
		raw, _ := base64.RawURLEncoding.DecodeString(token) // after an error, the prefix is missing
		position, ok := strings.CutPrefix(string(raw), "sandbox/")
		n, failed := strconv.Atoi(position)
		if !ok || failed != nil || n <= 0 {
			return nil, "", p.BadToken(token)
		}
		start = n
	}
	page = append([]T{}, all[min(start, len(all)):]...)
	if len(page) > most {
		page = page[:most]
		next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "sandbox/%d", start+most))
	}
	return page, next, nil
}

func (p *Pager) sizeOf(given *int32) (int, *wire.Error) {
	switch {
	case given == nil:
		return int(p.Size), nil
	case (*given < p.Least || *given > p.Most) && p.BadSize != nil:
		if err := p.BadSize(*given); err != nil {
			return 0, err
		}
	}
	return int(min(max(*given, p.Least), p.Most)), nil
}
