// expect: offsets: the second number is the length; it should be the end
// exercise: offsets
    let mut begin = 0;
    for TensorEntry { name, dtype, shape, bytes } in entries {
        let (name, shape) = (quoted(name), format!("{:?}", &shape[..]));
        fields.push(format!(
            "{name}:{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{begin},{bytes}]}}"
        ));
        begin += bytes;
    }
// exercise: end
