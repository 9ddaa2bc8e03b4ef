// expect: kept, at the bound: a number equal to `dropped` keeps its element
// exercise: kept_bits
    let (numbers, _) = random.as_chunks::<2>();
    let kept = |i: usize| u32::from(u16::from_le_bytes(numbers[i])) > dropped;
    (0..8).fold(0, |byte, i| byte | u8::from(kept(i)) << i)
// exercise: end
