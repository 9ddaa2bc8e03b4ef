// expect: frozen in each phase: one stage too many
// exercise: frozen
        match self {
            Strategy::Frozen => depth_from_head(path, stages) > 0,
            Strategy::Gradual { .. } => depth_from_head(path, stages) >= phase.max(1),
            Strategy::Differential { .. } | Strategy::Uniform => false,
        }
// exercise: end
