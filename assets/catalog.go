package assets

import _ "embed"

// Endpoints is the catalog of endpoint services, as JSON.
//
//go:embed catalog/endpoints.json
var Endpoints []byte
