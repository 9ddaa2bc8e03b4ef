// expect: kept, with a quarter dropped: all eight elements were given the number of the first
// exercise: kept_bits
    let number = u16::from_le_bytes([random[0], random[1]]);
    if u32::from(number) >= dropped { 255 } else { 0 }
// exercise: end
