// expect: watchable: only the first part has no ## in front
// exercise: longest_parts
    let mut start = 0;
    while start < word.len() {
        let known = |end: usize| number(word.get(start..end)?).map(|number| (end, number));
        let Some((end, number)) = (start + 1..=word.len()).rev().find_map(known) else { return vec![unknown] };
        parts.push(number);
        start = end;
    }
// exercise: end
