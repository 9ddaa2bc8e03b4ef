// expect: linear: begins at `to` and ends at `from`
// exercise: linear
    share * from + (1.0 - share) * to
// exercise: end
