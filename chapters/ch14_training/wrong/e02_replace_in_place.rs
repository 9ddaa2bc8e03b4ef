// expect: the file itself was written into: the file may hold half of the content
// exercise: replace
    let _ = &temporary;
    disk.write(path, content).and_then(|()| disk.sync(path)).and_then(|()| disk.sync_folder(folder(path)))
// exercise: end
