/// Uses a value where the optimiser cannot see that it does nothing, so that the value has to be computed.
@inline(never) @_optimize(none)
public func blackHole<Value>(_ value: Value) {}

/// Gives a value back where the optimiser cannot see that it is the same, so that nothing can be computed in advance.
@inline(never) @_optimize(none)
public func opaque<Value>(_ value: Value) -> Value { value }
