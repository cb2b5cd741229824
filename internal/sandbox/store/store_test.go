package store_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

func codeOf(err *wire.Error) string {
	if err == nil {
		return ""
	}
	return err.Code
}

func TestTagLimits(t *testing.T) {
	codes := store.TagCodes{Invalid: "invalid", Duplicate: "duplicate", TooMany: "too many"}
	numbered := func(from, to int) (tags store.Tags) {
		for i := from; i < to; i++ {
			tags = append(tags, store.Tag{Key: fmt.Sprint(i)})
		}
		return tags
	}
	for _, tt := range []struct {
		name string
		tags store.Tags
		want string
	}{
		{"none", nil, ""},
		{"empty key", store.Tags{{Value: "a"}}, "invalid"},
		{"reserved key", store.Tags{{Key: "AWS:a"}}, "invalid"},
		{"key with the reserved prefix elsewhere", store.Tags{{Key: "a-aws:"}}, ""},
		{"longest key and value, in characters", store.Tags{{Key: strings.Repeat("é", 127), Value: strings.Repeat("é", 255)}}, ""},
		{"key too long", store.Tags{{Key: strings.Repeat("a", 128)}}, "invalid"},
		{"value too long", store.Tags{{Key: "a", Value: strings.Repeat("a", 256)}}, "invalid"},
		{"keys that differ in case", store.Tags{{Key: "a"}, {Key: "A"}}, ""},
		{"the same key", store.Tags{{Key: "a", Value: "1"}, {Key: "b"}, {Key: "a", Value: "2"}}, "duplicate"},
		{"as many as possible", numbered(0, 50), ""},
		{"too many", numbered(0, 51), "too many"},
	} {
		if got := codeOf(codes.Check(tt.tags)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}

	full := numbered(0, 50)
	if err := codes.Add(&full, store.Tags{{Key: "7", Value: "new"}}); err != nil || len(full) != 50 || full[7].Value != "new" {
		t.Errorf("a tag that exists: %v %v", err, full)
	}
	before := slices.Clone(full)
	if err := codes.Add(&full, store.Tags{{Key: "8", Value: "new"}, {Key: "50"}}); codeOf(err) != "too many" || !slices.Equal(full, before) {
		t.Errorf("one tag too many: %v %v", err, full)
	}
}

func TestPageSizes(t *testing.T) {
	all := []int{0, 1, 2, 3, 4, 5, 6}
	lenient := store.Pager{Size: 6, Least: 2, Most: 4}
	strict := lenient
	strict.BadSize = func(size int32) *wire.Error { return wire.Fail("size", "%d", size) }
	upper := lenient
	upper.BadSize = func(size int32) *wire.Error {
		if size > 4 {
			return wire.Fail("size", "%d", size)
		}
		return nil
	}
	size := func(n int32) *int32 { return &n }
	for _, tt := range []struct {
		pager store.Pager
		size  *int32
		want  int
		code  string
	}{
		{lenient, nil, 6, ""}, {lenient, size(1), 2, ""}, {lenient, size(3), 3, ""}, {lenient, size(5), 4, ""},
		{strict, nil, 6, ""}, {strict, size(1), 0, "size"}, {strict, size(2), 2, ""}, {strict, size(4), 4, ""}, {strict, size(5), 0, "size"},
		{upper, size(1), 2, ""}, {upper, size(5), 0, "size"},
	} {
		page, next, err := store.Page(&tt.pager, all, tt.size, "")
		if len(page) != tt.want || codeOf(err) != tt.code || (next != "") != (err == nil) {
			t.Errorf("%+v: %v, %q, %v", tt, page, next, err)
		}
	}
}

func TestPageTokens(t *testing.T) {
	pager := store.Pager{Size: 3, Least: 1, Most: 3, BadToken: func(token string) *wire.Error { return wire.Fail("token", "%s", token) }}
	var pages []string
	token := ""
	for {
		page, next, err := store.Page(&pager, []int{1, 2, 3, 4, 5, 6}, nil, token)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, fmt.Sprint(page))
		if token = next; token == "" {
			break
		}
	}
	if want := []string{"[1 2 3]", "[4 5 6]"}; !slices.Equal(pages, want) {
		t.Errorf("pages %q, want %q", pages, want)
	}

	_, second, _ := store.Page(&pager, []int{1, 2, 3, 4}, nil, "")
	if page, next, err := store.Page(&pager, []int{1}, nil, second); page == nil || len(page) != 0 || next != "" || err != nil {
		t.Errorf("a list that became shorter: %v, %q, %v", page, next, err)
	}
	for _, text := range []string{"3", "sandbox/", "sandbox/x", "sandbox/0", "sandbox/-3"} {
		for _, token := range []string{text, base64.RawURLEncoding.EncodeToString([]byte(text))} {
			if _, _, err := store.Page(&pager, []int{1}, nil, token); codeOf(err) != "token" || err.Message != token {
				t.Errorf("token %q of %q: %v", token, text, err)
			}
		}
	}
}

func TestClientTokens(t *testing.T) {
	tokens, made := store.Tokens{}, 0
	once := func(operation, token, request string) (*int, string) {
		v, err := store.Once(tokens, operation, token, request, func() (*int, *wire.Error) {
			if request == "wrong" {
				return nil, wire.Fail("refused", "")
			}
			made++
			n := made
			return &n, nil
		})
		return v, codeOf(err)
	}
	want := func(operation, token, request string, number int, code string) *int {
		t.Helper()
		v, got := once(operation, token, request)
		if got != code || number == 0 && v != nil || number > 0 && (v == nil || *v != number) {
			t.Errorf("%s %s %s: %v %q, want %d %q", operation, token, request, v, got, number, code)
		}
		return v
	}
	want("Create", "t", "wrong", 0, "refused")
	first := want("Create", "t", "a", 1, "") // a refused request does not use the token
	want("Create", "t", "a", 1, "")
	want("Create", "t", "b", 1, "IdempotentParameterMismatch")
	second := want("Run", "t", "a", 2, "") // tokens belong to an operation
	want("Create", "", "a", 3, "")
	want("Create", "", "a", 4, "") // requests without a token are never equal
	tokens.Forget(first)
	want("Run", "t", "a", *second, "")
	want("Create", "t", "b", 5, "")
	tokens.Free("Run", "t")
	want("Run", "t", "b", 6, "")
}
