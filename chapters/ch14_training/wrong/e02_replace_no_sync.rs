// expect: the content was not synced: the file may hold half of the content or nothing
// exercise: replace
    let done = disk
        .write(&temporary, content)
        .and_then(|()| disk.rename(&temporary, path))
        .and_then(|()| disk.sync_folder(folder(path)));
    if done.is_err() {
        let _ = disk.remove(&temporary);
    }
    done
// exercise: end
