// expect: watchx: what was found before the unknown rest must go
// exercise: longest_parts
    let mut start = 0;
    while start < word.len() {
        let known = |end: usize| {
            let mark = if start > 0 { "##" } else { "" };
            number(&format!("{mark}{}", word.get(start..end)?)).map(|number| (end, number))
        };
        let Some((end, number)) = (start + 1..=word.len()).rev().find_map(known) else {
            parts.push(unknown);
            break;
        };
        parts.push(number);
        start = end;
    }
// exercise: end
