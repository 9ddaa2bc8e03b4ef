// expect: newest: the older one was taken
// exercise: newest
    slots.iter().enumerate().find_map(|(slot, state)| match state {
        Slot::Whole(number) => Some((slot, *number)),
        _ => None,
    })
// exercise: end
