//! Which slice of a category an address asks for, and the addresses of the other slices.

use domain::listing::Sort;

/// Order and page number, as far as the address makes sense; the usual ones where it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The order.
    pub sort: Sort,
    /// The page, from 1.
    pub page: u32,
}

impl Slice {
    /// Reads `sort` and `page` of a query. What cannot be read counts as not given.
    pub fn parse(sort: Option<&str>, page: Option<&str>) -> Self {
        let sort = sort.and_then(Sort::parse).unwrap_or_default();
        let page = page.and_then(|page| page.parse().ok()).filter(|page| *page > 0).unwrap_or(1);
        Self { sort, page }
    }

    /// The address under which search engines should know it: another order is no other content.
    pub fn canonical(self, category: &str) -> String {
        match self.sort == Sort::default() {
            true => self.path(category),
            false => format!("/c/{category}"),
        }
    }

    /// Its one address: what is usual is left out.
    pub fn path(self, category: &str) -> String {
        let mut query = Vec::new();
        if self.sort != Sort::default() {
            query.push(format!("sort={}", self.sort.code()));
        }
        if self.page > 1 {
            query.push(format!("page={}", self.page));
        }
        match query.is_empty() {
            true => format!("/c/{category}"),
            false => format!("/c/{category}?{}", query.join("&")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_the_first_page_in_the_usual_order() {
        let first = Slice { sort: Sort::Name, page: 1 };
        for (sort, page) in
            [(None, None), (Some("cheap"), Some("x")), (Some(""), Some("0")), (None, Some("-1"))]
        {
            assert_eq!(Slice::parse(sort, page), first, "{sort:?} {page:?}");
        }
    }

    #[test]
    fn every_slice_has_one_address() {
        let path = |sort, page| Slice { sort, page }.path("a/b");
        assert_eq!(path(Sort::Name, 1), "/c/a/b");
        assert_eq!(path(Sort::Name, 2), "/c/a/b?page=2");
        assert_eq!(path(Sort::PriceUp, 2), "/c/a/b?sort=price-up&page=2");
    }

    #[test]
    fn another_order_is_known_under_the_usual_address() {
        let canonical = |sort, page| Slice { sort, page }.canonical("a");
        assert_eq!(canonical(Sort::Name, 2), "/c/a?page=2");
        assert_eq!(canonical(Sort::Newest, 2), "/c/a");
    }
}
