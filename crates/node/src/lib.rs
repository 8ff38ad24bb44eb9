//! One node: configuration, wiring of engine, modules, vault and API, telemetry, lifecycle.
