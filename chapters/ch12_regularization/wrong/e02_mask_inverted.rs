// expect: kept, with a quarter dropped: kept and dropped are exchanged
// exercise: kept_bits
    let (numbers, _) = random.as_chunks::<2>();
    let kept = |i: usize| u32::from(u16::from_le_bytes(numbers[i])) < dropped;
    (0..8).fold(0, |byte, i| byte | u8::from(kept(i)) << i)
// exercise: end
