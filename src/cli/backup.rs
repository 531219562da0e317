//! `lingting backup` and `lingting restore`.

use super::args::{BackupArgs, RestoreArgs};
use super::say::Say;
use super::serve::{Trouble, load, wait};
use crate::app::service::{Note, back_up, restore as put_back};

pub(super) fn run(args: &BackupArgs, say: Say) -> bool {
    let taken = load(&args.service)
        .map_err(Trouble::from)
        .and_then(|config| wait(async { Ok(back_up(&config, &args.to).await?) }));
    let done = say.either("backed up to", "已备份到");
    told(taken, &format!("{done} {}", args.to.display()), say)
}

pub(super) fn restore(args: &RestoreArgs, say: Say) -> bool {
    let put = load(&args.service)
        .map_err(Trouble::from)
        .and_then(|config| Ok((put_back(&args.from, &config)?, config)));
    let (note, config) = match put {
        Ok(put) => put,
        Err(error) => return say.failed(&error),
    };
    let done = say.either("restored to", "已恢复到");
    say.note(say.either(
        "search and open data are made again when the service starts",
        "搜索索引和开放数据会在服务启动后重建",
    ));
    told(Ok(note), &format!("{done} {}", config.data.display()), say)
}

fn told(note: Result<Note, Trouble>, done: &str, say: Say) -> bool {
    match note {
        Ok(note) => {
            let events = say.either("events", "事件");
            let files = say.either("files of audio and text", "个音频和文本文件");
            say.line(&format!("{done}: {} {events}, {} {files}", note.seq, note.blobs));
            true
        }
        Err(error) => say.failed(&error),
    }
}
