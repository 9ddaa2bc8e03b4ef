// expect: AdamW: neither mean is corrected for its beginning at 0
// exercise: corrections
    [rate, 1.0, 1.0 - rate * decay]
// exercise: end
