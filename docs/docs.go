// Package docs holds the JSON Schemas that the program prints. scripts/docs.sh writes them from the
// code.
package docs

import _ "embed"

// AnswersSchema is the JSON Schema of the answers file.
//
//go:embed answers.schema.json
var AnswersSchema string

// PlanSchema is the JSON Schema of what `wizard plan --json` prints.
//
//go:embed plan.schema.json
var PlanSchema string

// CheckSchema is the JSON Schema of what `wizard check --json` prints.
//
//go:embed check.schema.json
var CheckSchema string

// OverviewSchema is the JSON Schema of what `wizard check --snapshot DIR --json` prints.
//
//go:embed overview.schema.json
var OverviewSchema string

// DoctorSchema is the JSON Schema of what `wizard doctor --json` prints.
//
//go:embed doctor.schema.json
var DoctorSchema string
