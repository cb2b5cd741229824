package resource

import "context"

type changeKey struct{}

// ForChange returns a context of the calls for a change.
func ForChange(ctx context.Context, id ID) context.Context {
	return context.WithValue(ctx, changeKey{}, id)
}

// ChangeOf returns the change that a call is for; empty if the context names none.
func ChangeOf(ctx context.Context) ID {
	id, _ := ctx.Value(changeKey{}).(ID)
	return id
}
