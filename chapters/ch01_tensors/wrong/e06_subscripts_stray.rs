// expect: must be refused: the output's letter z is in neither operand
// exercise: parse
    let (operands, output) = match text.split_once("->") {
        Some((operands, output)) => (operands, Some(letters(output)?)),
        None => (text, None),
    };
    let parts = operands.split_once(',').filter(|(_, b)| !b.contains(','));
    let Some((a, b)) = parts else { return Err(format!("'{text}' does not name two operands")) };
    let (a, b) = (letters(a)?, letters(b)?);
    let mut once: Vec<char> = a.iter().filter(|c| !b.contains(c)).copied().collect();
    once.extend(b.iter().filter(|c| !a.contains(c)));
    once.sort_unstable();
    let output = output.map_or_else(|| letters(&once.iter().collect::<String>()), Ok)?;
    Ok(Subscripts { a, b, output })
// exercise: end
