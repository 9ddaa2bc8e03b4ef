// expect: `sync temporary` failed, but
// exercise: replace
    let done = disk
        .write(&temporary, content)
        .map(|()| drop(disk.sync(&temporary)))
        .and_then(|()| disk.rename(&temporary, path))
        .and_then(|()| disk.sync_folder(folder(path)));
    if done.is_err() {
        let _ = disk.remove(&temporary);
    }
    done
// exercise: end
