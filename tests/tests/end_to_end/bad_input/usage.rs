//! What is typed is wrong, or the file it names.

use super::typed;
use jobq_tests::world::jobq::run;

cases! {
    csv_without_template: typed("push calls good.csv").fails(2, &["good.csv", "needs a url template, like --url"]);
    csv_unknown_column: typed("push calls good.csv --url 'https://api.example/{di}'")
        .fails(2, &["good.csv", "there is no column 'di'", "did you mean 'id'?", "'id', 'name'"]);
    csv_other_separator: typed("push calls semi.csv --url 'https://api.example/{id}'")
        .file("semi.csv", "id;name\n1;a\n").fails(2, &["semi.csv", "separate the columns by commas"]);
    csv_unclosed_template: typed("push calls good.csv --url 'https://api.example/{id'")
        .fails(2, &["a '{' is not closed"]);
    template_for_no_csv: typed("push calls good.jsonl --url 'https://api.example/{id}'")
        .fails(2, &["good.jsonl", "a template fills in the columns of a csv file"]);
    unknown_format: typed("push calls good.jsonl --format jsnl").fails(2, &["'jsnl' is not a format", "jsonl"]);
    one_json_list: typed("push calls list.json").file("list.json", "[{}, {}]")
        .fails(2, &["list.json", "jq -c '.[]'"]);
    no_such_file: typed("push calls god.jsonl").fails(2, &["god.jsonl", "No such file"]);
    folder_as_file: typed("push calls .").fails(2, &[". is not a regular file"]);
    empty_file: typed("run empty.txt --rate 5/s").file("empty.txt", "").fails(2, &["empty.txt holds no task"]);
    run_of_standard_input: typed("run - --rate 5/s").stdin(b"https://api.example/\n")
        .fails(2, &["standard input can be read only once", "hint: save it to a file"]);
    strict_standard_input: typed("push calls - --strict").stdin(b"https://api.example/\n")
        .fails(2, &["standard input can be read only once"]);

    rate_with_unknown_unit: typed("run good.jsonl --rate 50/x").fails(2, &["'50/x' is not a rate", "50/s"]);
    rate_negative: typed("run good.jsonl --rate -5/s").fails(2, &["'-5/s'", "it can't be negative"]);
    rate_zero: typed("run good.jsonl --rate 0/s").fails(2, &["'0/s'", "it can't be zero"]);
    rate_missing: typed("run good.jsonl").fails(2, &["--rate"]);
    quota_bad: typed("run good.jsonl --rate 5/s --quota 600").fails(2, &["'600' is not a quota", "there is no '/'"]);
    burst_zero: typed("run good.jsonl --rate 5/s --burst 0").fails(2, &["'0'", "--burst"]);
    header_flag_bad: typed("run good.jsonl --rate 5/s --header oops").fails(2, &["write it as 'name: value'"]);
    header_flag_bad_name: typed("run good.jsonl --rate 5/s --header 'a b: c'").fails(2, &["'a b' is not a header name"]);
    timeout_without_unit: typed("run good.jsonl --rate 5/s --timeout 30").fails(2, &["'30' is not a length of time"]);
    batch_name_bad: typed("push calls good.jsonl --batch 'a b'").fails(2, &["'a b' is not a batch name"]);
    too_many_drainers: typed("drain --drainers 1000").fails(2, &["'1000'", "1..=64"]);
    unknown_subcommand: typed("drian").fails(2, &["'drian'", "'drain'"]);
    unknown_flag: typed("drain --until-emtpy").fails(2, &["--until-emtpy", "--until-empty"]);
    unknown_queue: typed("push call good.jsonl").fails(2, &["there is no queue 'call'", "did you mean 'calls'?"]);
    unknown_limit: typed("drain apl").fails(2, &["there is no limit 'apl'", "did you mean 'api'?"]);
    unknown_backend: typed("--backend azure status").fails(2, &["'azure' is not a backend"]);
    unknown_dead_letter: {
        let case = typed("dlq show nobody");
        case.folder.file("good.txt", "https://api.example/\n");
        run(case.folder.path(), ["push", "calls", "good.txt"]).with_code(0);
        case.fails(2, &["no dead letter has the task id 'nobody'", "hint: list them: jobq dlq ls"])
    };
    status_before_any_push: typed("status").fails(2, &["there is no queue in .jobq", "hint: push something first"]);
    named_config_missing: typed("--config other.toml status").fails(2, &["other.toml", "No such file"]);
    init_twice: typed("init").fails(2, &["jobq.toml is there already", "hint: replace it with --force"]);
    errors_leave_json_empty: typed("push nowhere good.jsonl --json").fails(2, &["there is no queue 'nowhere'"]);
}
