// Package assets holds the data that is built into the binary.
package assets

import "embed"

// Scenarios holds the sandbox accounts, one file each, and in scenarios/common what AWS has in
// every account.
//
//go:embed scenarios
var Scenarios embed.FS
