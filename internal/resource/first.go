package resource

// oldest is a call that returns the first item of a sorted list, if the list contains what a change created. Runs that
// create the same at the same time choose the same item, because AWS sets the times that sort the list. The key
// ends with the id, because times can be equal.
func oldest(find Call, list []Value, key, id string, a Change) *Call {
	find.Out = expr("sort_by(", list, ", &join(' ', [to_string("+key+"), "+id+"]))[]."+id+" | [?@==", From(a.ID), "] && [0]")
	return &find
}

// lowest is oldest for a list without times. Runs that create the same at the same time choose the lowest id of those that
// all of them see.
func lowest(find Call, list []Value, id string, a Change) *Call {
	find.Out = expr("sort(", list, "[]."+id+")[?@==", From(a.ID), "] && [0]")
	return &find
}
