// expect: a letter of both operands is summed over, so it is not in the output
// exercise: parse
    let (operands, output) = match text.split_once("->") {
        Some((operands, output)) => (operands, Some(letters(output)?)),
        None => (text, None),
    };
    let parts = operands.split_once(',').filter(|(_, b)| !b.contains(','));
    let Some((a, b)) = parts else { return Err(format!("'{text}' does not name two operands")) };
    let (a, b) = (letters(a)?, letters(b)?);
    let mut all: Vec<char> = a.iter().chain(b.iter()).copied().collect();
    all.sort_unstable();
    all.dedup();
    let output = output.map_or_else(|| letters(&all.iter().collect::<String>()), Ok)?;
    if let Some(stray) = output.iter().find(|c| !a.contains(c) && !b.contains(c)) {
        return Err(format!("'{stray}' of the output is in neither operand"));
    }
    Ok(Subscripts { a, b, output })
// exercise: end
