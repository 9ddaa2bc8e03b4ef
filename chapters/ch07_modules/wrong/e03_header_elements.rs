// expect: offsets: counted in elements; they are bytes
// exercise: offsets
    let mut begin = 0;
    for TensorEntry { name, dtype, shape, .. } in entries {
        let end = begin + shape.size();
        let (name, shape) = (quoted(name), format!("{:?}", &shape[..]));
        fields.push(format!(
            "{name}:{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{begin},{end}]}}"
        ));
        begin = end;
    }
// exercise: end
