// expect: kept, with everything dropped: 65536 became 0 in 16 bits: compare as u32
// exercise: kept_bits
    let (numbers, _) = random.as_chunks::<2>();
    let kept = |i: usize| u16::from_le_bytes(numbers[i]) >= dropped as u16;
    (0..8).fold(0, |byte, i| byte | u8::from(kept(i)) << i)
// exercise: end
